<?php
/**
 * Plugin Name:       Twinbeam for WooCommerce
 * Description:       Puts your Twinbeam gateway's tag into every page, and keeps with each order what ties it to its visit.
 * Version:           0.1.0
 * Requires at least: 6.0
 * Requires PHP:      7.4
 * License:           Apache-2.0
 * License URI:       https://www.apache.org/licenses/LICENSE-2.0
 * Text Domain:       twinbeam
 * WC requires at least: 7.2
 *
 * The tag asks for consent before it reports anything; this plugin stores and reports nothing about a visitor whom the
 * tag did not hear say yes. The order's own copy comes to the gateway by WooCommerce's signed webhooks.
 *
 * @package Twinbeam
 */

defined( 'ABSPATH' ) || exit;

const TWINBEAM_OPTION = 'twinbeam_settings';

/** What the tag knows of a visit, the order's meta key that the gateway reads it from, and how long it may be. */
const TWINBEAM_VISIT = array(
	'visitor_id'      => array( '_twinbeam_visitor', 256 ),
	'consent_receipt' => array( '_twinbeam_receipt', 2000 ),
	'ttclid'          => array( '_ttclid', 1000 ),
	'ttp'             => array( '_ttp', 256 ),
);

/** The name of an order that nobody can guess: page and webhook send the same, and so become one purchase. */
const TWINBEAM_ORDER_TOKEN = '_twinbeam_order';
const TWINBEAM_REPORTED    = '_twinbeam_reported';

/** An order in one of these states is no purchase. */
const TWINBEAM_NO_PURCHASE = array( 'failed', 'cancelled', 'refunded', 'trash', 'checkout-draft', 'draft', 'auto-draft' );

/** The tag's inline part: what stands before everything else on the page. Written here by install/wordpress/build.py. */
const TWINBEAM_STUB = <<<'JS'
(()=>{(e=>{if(e.twinbeam)return e.twinbeam;const t="page track identify instances debug on off once ready alias group enableCookie disableCookie holdConsent revokeConsent grantConsent load".split(" "),n={},r={};let a;const c=e=>{const n={instance:e=>r[e]??=c(e)};return t.forEach(t=>{n[t]=(...n)=>{const r=[e,t,n,document.currentScript];return d.call?d.call(r):void d.held.push(r)}}),n},o=c(""),l=(e,t)=>{t&&t!==o[e]&&(n[e]=t)},i=(e=a)=>{e&&(a=e,Object.keys(o).forEach(t=>{l(t,e[t]);try{Object.defineProperty(e,t,{configurable:!0,enumerable:!0,get:()=>o[t],set:e=>l(t,e)})}catch{}}))},s=e.ttq||[],d={held:[],early:Object.keys(s._i||{}),real:n,queue:()=>a,adopt:i};["consent","set","allowed","track","page","identify"].forEach(e=>{d[e]=(...t)=>{d.held.push(["",e,t,null])}}),d.context=()=>({}),e.twinbeam=d,s.splice&&s.splice(0).forEach(e=>{Array.isArray(e)&&d.held.push(["",e[0],e.slice(1),null])}),i(s);try{Object.defineProperty(e,"ttq",{configurable:!0,get:()=>a,set:i})}catch{}})(window)})();
JS;

/** Hands the visit on to the block checkout, whose orders have no form; before a permission there is nothing to hand on. */
const TWINBEAM_BLOCK_CHECKOUT = <<<'JS'
(function () {
	var known = '';
	function pass() {
		var store = window.wp && wp.data && wp.data.dispatch && wp.data.dispatch( 'wc/store/checkout' );
		var set = store && ( store.setExtensionData || store.__internalSetExtensionData );
		var context = window.twinbeam ? twinbeam.context() : {};
		var visit = {};
		[ 'visitor_id', 'consent_receipt', 'ttclid', 'ttp' ].forEach( function ( name ) {
			visit[ name ] = context[ name ] || '';
		} );
		if ( ! set || JSON.stringify( visit ) === known ) {
			return;
		}
		known = JSON.stringify( visit );
		set.call( store, 'twinbeam', visit );
	}
	[ 'click', 'keydown', 'focusin' ].forEach( function ( name ) {
		document.addEventListener( name, pass, true );
	} );
	window.twinbeam && twinbeam.allowed( pass );
})();
JS;

add_action( 'wp_head', 'twinbeam_head', 0 );
add_action( 'wp_footer', 'twinbeam_footer' );
add_action( 'admin_menu', 'twinbeam_menu' );
add_action( 'admin_post_twinbeam_save', 'twinbeam_save' );
add_action( 'before_woocommerce_init', 'twinbeam_declare' );
add_action( 'woocommerce_blocks_loaded', 'twinbeam_extend_block_checkout' );
add_action( 'woocommerce_checkout_after_customer_details', 'twinbeam_fields' );
add_action( 'woocommerce_checkout_create_order', 'twinbeam_classic_order' );
add_action( 'woocommerce_store_api_checkout_update_order_from_request', 'twinbeam_block_order', 10, 2 );
add_action( 'woocommerce_thankyou', 'twinbeam_thank_you' );
add_action( 'woocommerce_privacy_remove_order_personal_data', 'twinbeam_forget' );
foreach ( array( 'subscription', 'renewal_order', 'resubscribe_order' ) as $twinbeam_copy ) {
	add_filter( "wc_subscriptions_{$twinbeam_copy}_data", 'twinbeam_not_copied' );
}
register_uninstall_hook( __FILE__, 'twinbeam_uninstall' );

// ---- settings ----

/**
 * Return the settings, each with its usual value where nobody has chosen.
 *
 * @return array<string, string>
 */
function twinbeam_settings(): array {
	$usual  = array(
		'address' => '/t',
		'key'     => '',
		'pixel'   => '',
		'mode'    => 'own',
		'law'     => 'opt_in',
	);
	$stored = get_option( TWINBEAM_OPTION, array() );
	return is_array( $stored ) ? array_map( 'strval', array_intersect_key( $stored, $usual ) + $usual ) : $usual;
}

/** Return what may be chosen, in words. */
function twinbeam_choices(): array {
	return array(
		'mode' => array(
			'own'     => __( 'This plugin loads TikTok\'s script', 'twinbeam' ),
			'drop-in' => __( 'My pages load TikTok\'s script already', 'twinbeam' ),
			'gateway' => __( 'Nobody loads it: the gateway alone reports', 'twinbeam' ),
		),
		'law'  => array(
			'opt_in'    => __( 'Ask everybody first', 'twinbeam' ),
			'by_region' => __( 'Ask first, except in the United States', 'twinbeam' ),
			'opt_out'   => __( 'Report until somebody objects', 'twinbeam' ),
		),
	);
}

/** Return what is wrong with a setting, by the name of the setting. */
function twinbeam_complaints(): array {
	return array(
		'address' => __( 'The address is neither a path such as /t nor begins with https://. Write it as your gateway\'s set-up page shows it.', 'twinbeam' ),
		'secret'  => __( 'This key is secret and must not stand in a page. Revoke it, and enter a browser key: it begins with tbb_.', 'twinbeam' ),
		'key'     => __( 'A browser key begins with tbb_. Make one with: twinbeam keys create browser --source woocommerce --pixel CODE', 'twinbeam' ),
		'pixel'   => __( 'The pixel\'s code has letters and digits only, such as C4A5B6C7D8E9F0G1H2I3. It is needed where this plugin loads TikTok\'s script.', 'twinbeam' ),
	);
}

/**
 * Return the name of the complaint about settings, or nothing where they fit.
 *
 * @param array<string, string> $settings As they were entered.
 */
function twinbeam_trouble( array $settings ): string {
	$is_needed = 'own' === $settings['mode'];
	if ( ! preg_match( '#^(/[\w/-]+|https?://[\w.-]+(:\d+)?/[\w/-]+)$#D', $settings['address'] ) || 0 === strpos( $settings['address'], '//' ) ) {
		return 'address';
	}
	if ( preg_match( '/^tb[sr]_/', $settings['key'] ) ) {
		return 'secret';
	}
	if ( ! preg_match( '/^tbb_[A-Za-z0-9_-]{8,200}$/D', $settings['key'] ) ) {
		return 'key';
	}
	return preg_match( $is_needed ? '/^[A-Za-z0-9]{1,64}$/D' : '/^[A-Za-z0-9]{0,64}$/D', $settings['pixel'] ) ? '' : 'pixel';
}

/** Put the page of settings below "Settings". */
function twinbeam_menu(): void {
	add_options_page( 'Twinbeam', 'Twinbeam', 'manage_options', 'twinbeam', 'twinbeam_page' );
}

/** Take the form of the settings; nothing of it is kept where something is wrong. */
function twinbeam_save(): void {
	if ( ! current_user_can( 'manage_options' ) ) {
		wp_die( esc_html__( 'You may not change these settings. Ask an administrator.', 'twinbeam' ), '', array( 'response' => 403 ) );
	}
	check_admin_referer( 'twinbeam_save' );
	$entered = array();
	foreach ( twinbeam_settings() as $name => $before ) {
		$value            = isset( $_POST[ $name ] ) && is_string( $_POST[ $name ] ) ? sanitize_text_field( wp_unslash( $_POST[ $name ] ) ) : $before;
		$choices          = twinbeam_choices()[ $name ] ?? null;
		$entered[ $name ] = null === $choices || isset( $choices[ $value ] ) ? $value : $before;
	}
	$entered['address'] = untrailingslashit( $entered['address'] );
	$trouble            = twinbeam_trouble( $entered );
	if ( '' === $trouble ) {
		update_option( TWINBEAM_OPTION, $entered );
	}
	$told = '' === $trouble ? array( 'saved' => '1' ) : array( 'trouble' => $trouble );
	wp_safe_redirect( add_query_arg( array( 'page' => 'twinbeam' ) + $told, admin_url( 'options-general.php' ) ) );
	exit;
}

/** Show the settings. */
function twinbeam_page(): void {
	if ( ! current_user_can( 'manage_options' ) ) {
		return;
	}
	$settings = twinbeam_settings();
	// phpcs:disable WordPress.Security.NonceVerification.Recommended -- They choose a sentence and change nothing.
	$trouble = isset( $_GET['trouble'] ) && is_string( $_GET['trouble'] ) ? sanitize_key( $_GET['trouble'] ) : '';
	$saved   = isset( $_GET['saved'] );
	// phpcs:enable
	?>
	<div class="wrap">
		<h1>Twinbeam</h1>
		<?php if ( isset( twinbeam_complaints()[ $trouble ] ) ) : ?>
			<div class="notice notice-error"><p><?php echo esc_html( twinbeam_complaints()[ $trouble ] ); ?></p></div>
		<?php elseif ( $saved ) : ?>
			<div class="notice notice-success"><p><?php esc_html_e( 'Saved. Open your shop with ?twinbeam=debug to see in the console what is reported.', 'twinbeam' ); ?></p></div>
		<?php endif; ?>
		<form method="post" action="<?php echo esc_url( admin_url( 'admin-post.php' ) ); ?>">
			<input type="hidden" name="action" value="twinbeam_save">
			<?php wp_nonce_field( 'twinbeam_save' ); ?>
			<table class="form-table" role="presentation">
				<?php
				twinbeam_text_row( 'address', __( 'Address of the tag', 'twinbeam' ), __( '/t where your web server hands it on to the gateway, else such as https://t.shop.example/t', 'twinbeam' ), $settings );
				twinbeam_text_row( 'key', __( 'Browser key', 'twinbeam' ), __( 'Begins with tbb_', 'twinbeam' ), $settings );
				twinbeam_text_row( 'pixel', __( 'Pixel code', 'twinbeam' ), __( 'As in TikTok Events Manager', 'twinbeam' ), $settings );
				twinbeam_choice_row( 'mode', __( 'TikTok\'s script', 'twinbeam' ), $settings );
				twinbeam_choice_row( 'law', __( 'Before a visitor has answered', 'twinbeam' ), $settings );
				?>
			</table>
			<?php submit_button(); ?>
		</form>
	</div>
	<?php
}

/**
 * Show one setting that is typed.
 *
 * @param string                $name     The setting.
 * @param string                $label    Its name in words.
 * @param string                $hint     What belongs into it.
 * @param array<string, string> $settings All of them.
 */
function twinbeam_text_row( string $name, string $label, string $hint, array $settings ): void {
	?>
	<tr>
		<th scope="row"><label for="twinbeam-<?php echo esc_attr( $name ); ?>"><?php echo esc_html( $label ); ?></label></th>
		<td>
			<input type="text" class="regular-text code" id="twinbeam-<?php echo esc_attr( $name ); ?>" name="<?php echo esc_attr( $name ); ?>" value="<?php echo esc_attr( $settings[ $name ] ); ?>" aria-describedby="twinbeam-<?php echo esc_attr( $name ); ?>-hint" autocomplete="off">
			<p class="description" id="twinbeam-<?php echo esc_attr( $name ); ?>-hint"><?php echo esc_html( $hint ); ?></p>
		</td>
	</tr>
	<?php
}

/**
 * Show one setting that is chosen.
 *
 * @param string                $name     The setting.
 * @param string                $label    Its name in words.
 * @param array<string, string> $settings All of them.
 */
function twinbeam_choice_row( string $name, string $label, array $settings ): void {
	?>
	<tr>
		<th scope="row"><label for="twinbeam-<?php echo esc_attr( $name ); ?>"><?php echo esc_html( $label ); ?></label></th>
		<td><select id="twinbeam-<?php echo esc_attr( $name ); ?>" name="<?php echo esc_attr( $name ); ?>">
			<?php foreach ( twinbeam_choices()[ $name ] as $value => $words ) : ?>
				<option value="<?php echo esc_attr( $value ); ?>" <?php selected( $settings[ $name ], $value ); ?>><?php echo esc_html( $words ); ?></option>
			<?php endforeach; ?>
		</select></td>
	</tr>
	<?php
}

/** Leave nothing behind but what stands with orders, which are the shop's records. */
function twinbeam_uninstall(): void {
	if ( ! is_multisite() ) {
		delete_option( TWINBEAM_OPTION );
		return;
	}
	foreach ( get_sites( array( 'fields' => 'ids', 'number' => 0 ) ) as $site ) {
		delete_blog_option( $site, TWINBEAM_OPTION );
	}
}

// ---- pages ----

/** Tell whether there is anything to put into pages. */
function twinbeam_is_on(): bool {
	return '' === twinbeam_trouble( twinbeam_settings() ) && ! is_customize_preview();
}

/** Print the tag's snippet, before everything else in the head. */
function twinbeam_head(): void {
	if ( ! twinbeam_is_on() ) {
		return;
	}
	$settings = twinbeam_settings();
	$script   = array(
		'async'     => true,
		'src'       => $settings['address'] . '.js?key=' . rawurlencode( $settings['key'] ),
		'data-mode' => $settings['mode'],
		'data-law'  => $settings['law'],
	);
	if ( 'own' === $settings['mode'] ) {
		$script['data-pixel'] = $settings['pixel'];
	}
	wp_print_inline_script_tag( trim( TWINBEAM_STUB ) );
	wp_print_script_tag( $script );
}

/** Let the block checkout know the visit. */
function twinbeam_footer(): void {
	if ( twinbeam_is_on() && function_exists( 'is_checkout' ) && is_checkout() ) {
		wp_print_inline_script_tag( trim( TWINBEAM_BLOCK_CHECKOUT ) );
	}
}

/** Put hidden fields into the classic checkout's form; the tag fills them in when the form leaves. */
function twinbeam_fields(): void {
	foreach ( array_keys( TWINBEAM_VISIT ) as $name ) {
		printf( '<input type="hidden" name="%s" value="">', esc_attr( "twinbeam_$name" ) );
	}
}

/**
 * Report the purchase from the page that thanks for it: once, to whoever holds the order's key, and not where it failed.
 *
 * @param int|string $order_id The order.
 */
function twinbeam_thank_you( $order_id ): void {
	$order = wc_get_order( $order_id );
	// phpcs:ignore WordPress.Security.NonceVerification.Recommended -- The order's key is the proof; links in mails have it.
	$key = isset( $_GET['key'] ) && is_string( $_GET['key'] ) ? sanitize_text_field( wp_unslash( $_GET['key'] ) ) : '';
	if ( ! $order instanceof WC_Order || ! hash_equals( $order->get_order_key(), $key ) || ! twinbeam_is_on() ) {
		return;
	}
	if ( $order->has_status( TWINBEAM_NO_PURCHASE ) || $order->get_meta( TWINBEAM_REPORTED ) ) {
		return;
	}
	$purchase = wp_json_encode( twinbeam_purchase( $order ), JSON_HEX_TAG | JSON_HEX_AMP );
	wp_print_inline_script_tag( "ttq.track('Purchase', $purchase);" );
	// Without the tag's cookie there is no permission yet, and the next time this page is shown there may be one.
	if ( ! empty( $_COOKIE['_tb'] ) ) {
		$order->update_meta_data( TWINBEAM_REPORTED, (string) time() );
		$order->save();
	}
}

/**
 * Return a purchase as the tag reports it; prices are those of the webhook, without tax and after discounts.
 *
 * @param WC_Order $order The order.
 */
function twinbeam_purchase( WC_Order $order ): array {
	$contents = array();
	foreach ( $order->get_items() as $item ) {
		$variation  = (int) $item->get_variation_id();
		$quantity   = max( 1, (int) $item->get_quantity() );
		$contents[] = array(
			'content_id'   => (string) ( $variation ? $variation : $item->get_product_id() ),
			'content_name' => $item->get_name(),
			'quantity'     => $quantity,
			'price'        => round( (float) $item->get_total() / $quantity, 2 ),
		);
	}
	$token = (string) $order->get_meta( TWINBEAM_ORDER_TOKEN );
	return array(
		'value'        => (float) $order->get_total(),
		'currency'     => $order->get_currency(),
		'contents'     => $contents,
		'content_type' => 'product',
		'order_id'     => (string) $order->get_id(),
		'order_token'  => '' !== $token ? $token : $order->get_order_key(), // What the webhook of an order without one has.
	);
}

// ---- orders ----

/** Say that orders are read and written by WooCommerce's own interface alone, wherever it keeps them. */
function twinbeam_declare(): void {
	$features = 'Automattic\WooCommerce\Utilities\FeaturesUtil';
	if ( class_exists( $features ) ) {
		$features::declare_compatibility( 'custom_order_tables', __FILE__, true );
		$features::declare_compatibility( 'cart_checkout_blocks', __FILE__, true );
	}
}

/** Let the block checkout send the visit along. */
function twinbeam_extend_block_checkout(): void {
	if ( function_exists( 'woocommerce_store_api_register_endpoint_data' ) ) {
		woocommerce_store_api_register_endpoint_data(
			array(
				'endpoint'        => 'checkout',
				'namespace'       => 'twinbeam',
				'schema_callback' => 'twinbeam_schema',
			)
		);
	}
}

/** Return the form of what the block checkout sends along. */
function twinbeam_schema(): array {
	$text = array(
		'description' => __( 'What ties the order to its visit.', 'twinbeam' ),
		'type'        => array( 'string', 'null' ),
		'context'     => array(),
	);
	return array_fill_keys( array_keys( TWINBEAM_VISIT ), $text );
}

/**
 * Keep the visit with an order of the classic checkout, before it is saved.
 *
 * @param WC_Order $order The order.
 */
function twinbeam_classic_order( $order ): void {
	$said = array();
	foreach ( array_keys( TWINBEAM_VISIT ) as $name ) {
		// phpcs:ignore WordPress.Security -- WooCommerce has checked its form's nonce; twinbeam_keep looks at the value.
		$said[ $name ] = isset( $_POST[ "twinbeam_$name" ] ) ? wp_unslash( $_POST[ "twinbeam_$name" ] ) : '';
	}
	twinbeam_keep( $order, $said );
}

/**
 * Keep the visit with an order of the block checkout; WooCommerce saves it afterwards.
 *
 * @param WC_Order        $order   The order.
 * @param WP_REST_Request $request The request that places it.
 */
function twinbeam_block_order( $order, $request ): void {
	$extensions = $request->get_param( 'extensions' );
	$said       = is_array( $extensions ) ? ( $extensions['twinbeam'] ?? array() ) : array();
	twinbeam_keep( $order, is_array( $said ) ? $said : array() );
}

/**
 * Write what ties an order to its visit into its meta data, and take away what an earlier try left.
 *
 * @param WC_Order             $order The order.
 * @param array<string, mixed> $said  What the page says of the visit; anybody may have written it.
 */
function twinbeam_keep( $order, array $said ): void {
	if ( ! $order instanceof WC_Order ) {
		return;
	}
	$cookie = twinbeam_cookie();
	foreach ( TWINBEAM_VISIT as $name => list( $meta, $most ) ) {
		$value = twinbeam_plain( $said[ $name ] ?? '', $most );
		$value = '' !== $value ? $value : twinbeam_plain( $cookie[ $name ] ?? '', $most );
		if ( '' !== $value ) {
			$order->update_meta_data( $meta, $value );
		} else {
			$order->delete_meta_data( $meta );
		}
	}
	if ( ! $order->get_meta( TWINBEAM_ORDER_TOKEN ) ) {
		$order->update_meta_data( TWINBEAM_ORDER_TOKEN, bin2hex( random_bytes( 16 ) ) );
	}
}

/**
 * Return a value that is one: a text of the signs that tokens are made of, not too long; anything else is none.
 *
 * @param mixed $value What somebody sent.
 * @param int   $most  How many characters it may have.
 */
function twinbeam_plain( $value, int $most ): string {
	return is_string( $value ) && strlen( $value ) <= $most && preg_match( '#^[\w.~%+/=:-]+$#D', $value ) ? $value : '';
}

/** Return what the tag's cookie says of the visit: it is there only with the visitor's permission, and so is the rest. */
function twinbeam_cookie(): array {
	// phpcs:disable WordPress.Security.ValidatedSanitizedInput.InputNotSanitized -- twinbeam_plain looks at each value.
	$own = isset( $_COOKIE['_tb'] ) && is_string( $_COOKIE['_tb'] ) ? wp_unslash( $_COOKIE['_tb'] ) : '';
	if ( '' === $own ) {
		return array();
	}
	$parts = explode( '|', $own );
	$ttp   = isset( $_COOKIE['_ttp'] ) && is_string( $_COOKIE['_ttp'] ) ? wp_unslash( $_COOKIE['_ttp'] ) : '';
	// phpcs:enable
	return array(
		'visitor_id' => $parts[0],
		'ttp'        => '' !== $ttp ? $ttp : ( $parts[1] ?? '' ),
		'ttclid'     => $parts[2] ?? '',
	);
}

/** Return all that this plugin writes into orders. */
function twinbeam_meta_keys(): array {
	return array_merge( array_column( TWINBEAM_VISIT, 0 ), array( TWINBEAM_ORDER_TOKEN, TWINBEAM_REPORTED ) );
}

/**
 * Take the visit away from an order whose person asks to be forgotten.
 *
 * @param WC_Order $order The order.
 */
function twinbeam_forget( $order ): void {
	foreach ( twinbeam_meta_keys() as $meta ) {
		$order->delete_meta_data( $meta );
	}
	$order->save();
}

/**
 * Keep renewals of a subscription from getting the first order's name: they would count as the same purchase.
 *
 * @param array<string, mixed> $data Meta data to be copied, by its keys.
 */
function twinbeam_not_copied( $data ) {
	return is_array( $data ) ? array_diff_key( $data, array_flip( twinbeam_meta_keys() ) ) : $data;
}
