<!doctype html>
<html>
<head>
<title>Shop</title>
<link rel="icon" href="data:,">
<?php
// A banner that speaks Google's consent mode, before everything else in the head.
?>
<script>
window.dataLayer = window.dataLayer || []; function gtag() { dataLayer.push(arguments) }
const purposes = (word) => ({ad_storage: word, ad_user_data: word, ad_personalization: word});
gtag("consent", "default", purposes("denied"));
const answer = (document.cookie.match(/banner=(\w+)/) || [])[1];
if (answer) gtag("consent", "update", purposes(answer));
function banner(yes) {
	document.cookie = "banner=" + (yes ? "granted" : "denied") + "; path=/";
	gtag("consent", "update", purposes(yes ? "granted" : "denied"));
}
</script>
<?php wp_head(); ?>
</head>
<body>
<h1>Shop</h1>
<?php standin_body(); ?>
<?php wp_footer(); ?>
</body>
</html>
