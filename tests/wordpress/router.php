<?php
// What a web server does in front of WordPress: files of its administration as they are, and all else to its front.
define( 'ABSPATH', getenv( 'SHOP_FOLDER' ) . '/' );
$_SERVER['REMOTE_ADDR'] = $_SERVER['HTTP_X_FORWARDED_FOR'] ?? $_SERVER['REMOTE_ADDR'];
$path = parse_url( $_SERVER['REQUEST_URI'], PHP_URL_PATH );
if ( preg_match( '#^/(wp-login|wp-admin/[\w-]+|wp-admin/)(\.php)?$#', $path, $found ) ) {
	$file                   = ABSPATH . ( '/wp-admin/' === $path ? 'wp-admin/index.php' : substr( $path, 1 ) );
	$_SERVER['PHP_SELF']    = $path;
	$_SERVER['SCRIPT_NAME'] = $path;
	chdir( dirname( $file ) );
	require $file;
	return true;
}
if ( preg_match( '#^/wp-(admin|includes)/[\w/.-]+\.(css|js|png|svg|gif)$#', $path, $found ) && ! str_contains( $path, '..' ) ) {
	$types = array( 'css' => 'text/css', 'js' => 'text/javascript', 'svg' => 'image/svg+xml' );
	$file  = ABSPATH . substr( $path, 1 );
	http_response_code( is_file( $file ) ? 200 : 404 ); // Debian leaves out what it has in packages of its own.
	header( 'Content-Type: ' . ( $types[ $found[2] ] ?? "image/{$found[2]}" ) );
	is_file( $file ) && readfile( $file );
	return true;
}
$_SERVER['PHP_SELF']    = '/index.php';
$_SERVER['SCRIPT_NAME'] = '/index.php';
define( 'WP_USE_THEMES', true );
require ABSPATH . 'wp-blog-header.php';
return true;
