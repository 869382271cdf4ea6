<?php
// The settings of the tests' WordPress; what differs from run to run stands in the environment.
define( 'DB_NAME', 'shop' );
define( 'DB_USER', 'root' );
define( 'DB_PASSWORD', '' );
define( 'DB_HOST', 'localhost:' . getenv( 'SHOP_SOCKET' ) );
define( 'DB_CHARSET', 'utf8mb4' );
define( 'DB_COLLATE', '' );
foreach ( array( 'AUTH_KEY', 'SECURE_AUTH_KEY', 'LOGGED_IN_KEY', 'NONCE_KEY', 'AUTH_SALT', 'SECURE_AUTH_SALT', 'LOGGED_IN_SALT', 'NONCE_SALT' ) as $name ) {
	define( $name, hash( 'sha256', $name . getenv( 'SHOP_SOCKET' ) ) );
}
$table_prefix = 'wp_';
define( 'WP_HOME', 'http://' . ( $_SERVER['HTTP_HOST'] ?? 'www.shop.example' ) );
define( 'WP_SITEURL', WP_HOME );
define( 'WP_CONTENT_DIR', ABSPATH . 'wp-content' );
define( 'DISABLE_WP_CRON', true );
define( 'WP_HTTP_BLOCK_EXTERNAL', true );
define( 'AUTOMATIC_UPDATER_DISABLED', true );
define( 'WP_DEBUG', true );
define( 'WP_DEBUG_DISPLAY', 'cli' === PHP_SAPI );
define( 'WP_DISABLE_FATAL_ERROR_HANDLER', true );
define( 'WP_DEBUG_LOG', ABSPATH . 'debug.log' );
require_once ABSPATH . 'wp-settings.php';
