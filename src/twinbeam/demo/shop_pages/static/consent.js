/*
 * The shop's consent banner speaks Google Consent Mode v2, as most banners do: denied by default, which means that the
 * visitor is being asked, and an update once there is an answer. It stands before the tag, so that it is heard first.
 */
window.dataLayer = window.dataLayer || [];

function gtag() {
  dataLayer.push(arguments);
}

window.shopConsent = {
  told: undefined,
  answer() {
    return (document.cookie.match(/(?:^|; )consent=(granted|denied)/) || [])[1];
  },
  keep(answer) {
    const halfAYearSeconds = 15_552_000;
    document.cookie = `consent=${answer}; path=/; max-age=${halfAYearSeconds}; SameSite=Lax`;
    this.pass();
  },
  /* Pass the visitor's answer on, wherever it was given: here, in another tab, or before this page was come back to. */
  pass() {
    const answer = this.answer();
    if (answer && answer !== this.told) this.tell("update", answer);
    this.told = answer;
  },
  tell(how, answer) {
    gtag("consent", how, { ad_storage: answer, ad_user_data: answer, ad_personalization: answer });
  },
};

shopConsent.tell("default", "denied");
shopConsent.pass();
