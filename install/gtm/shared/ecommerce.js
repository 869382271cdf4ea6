// Names of Google Analytics 4 and what TikTok calls the same; other events of a container are none of TikTok's.
const NAMES = {
  view_item: 'ViewContent',
  search: 'Search',
  add_to_wishlist: 'AddToWishlist',
  add_to_cart: 'AddToCart',
  begin_checkout: 'InitiateCheckout',
  add_payment_info: 'AddPaymentInfo',
  purchase: 'Purchase',
  sign_up: 'CompleteRegistration',
  generate_lead: 'Lead',
  file_download: 'Download'
};

const isText = (value) => getType(value) === 'string' && value !== '';
const hasValue = (value) => value !== undefined && value !== null && value !== '';

// Gives an object without the members that say nothing.
const filled = (object) => {
  const kept = {};
  for (const name in object) {
    if (hasValue(object[name])) kept[name] = object[name];
  }
  return kept;
};

// Gives the items of an event as TikTok wants them.
const contentsOf = (items) => {
  if (getType(items) !== 'array') return undefined;
  return items.map((item) => filled({
    content_id: hasValue(item.item_id) ? makeString(item.item_id) : undefined,
    content_name: item.item_name,
    content_category: item.item_category,
    brand: item.item_brand,
    price: hasValue(item.price) ? makeNumber(item.price) : undefined,
    quantity: hasValue(item.quantity) ? makeNumber(item.quantity) : undefined
  }));
};

// Gives the value that is said, else what the items cost together; nothing where one of them has no price.
const valueOf = (said, items) => {
  if (hasValue(said)) return makeNumber(said);
  if (getType(items) !== 'array' || items.length === 0) return undefined;
  let sum = 0;
  for (let i = 0; i < items.length; i++) {
    if (!hasValue(items[i].price)) return undefined;
    sum = sum + makeNumber(items[i].price) * makeNumber(hasValue(items[i].quantity) ? items[i].quantity : 1);
  }
  return Math.round(sum * 100) / 100;
};

const propertiesOf = (ecommerce, searched) => {
  const contents = contentsOf(ecommerce.items);
  return filled({
    value: valueOf(ecommerce.value, ecommerce.items),
    currency: ecommerce.currency,
    contents: contents,
    content_type: contents && contents.length ? 'product' : undefined,
    query: searched
  });
};
