// What `ttq.identify` makes of e-mails, phones and names (tiktok.md 9.3, 9.4b).

function identify(pixel, given) {
  if (pixel.its.identify === "replace") pixel.identity = {};
  addEmail(pixel, given);
  addPhone(pixel, given);
  if (given.external_id) pixel.identity.external_id = String(given.external_id);
  ["first_name", "last_name", "zip_code"].forEach(function (field) {
    if (!given[field]) return;
    var text = String(given[field]).trim().toLowerCase();
    pixel.identity[field] = hashed(text) ? text : sha256(text);
  });
  ["city", "state", "country"].forEach(function (field) {
    if (given[field]) pixel.identity[field] = String(given[field]).trim().toLowerCase();
  });
}

function addEmail(pixel, given) {
  if (given.sha256_email) pixel.identity.email = String(given.sha256_email).trim().toLowerCase();
  if (nothing(given.email)) {
    pixel.labels.raw_email = { label: "missing" };
    return;
  }
  var email = String(given.email).trim().toLowerCase();
  var fine = /^[^@\s]+@[^@\s]+\.[^@\s]+$/.test(email);
  var better = suggestedEmail(email);
  pixel.labels.raw_email = label(fine, better !== email && sha256(better), []);
  pixel.inspection.email_is_hashed = [hashed(email) ? "sha256" : fine ? "plain_email" : "unknown_invalid"];
  if (fine || hashed(email)) pixel.identity.email = sha256(pixel.its.hashSent === "suggested" ? better : email);
}

function suggestedEmail(email) {
  var parts = email.split("@");
  if (parts[1] === "gamil.com") parts[1] = "gmail.com";
  if (parts[1] === "gmail.com") parts[0] = parts[0].split("+")[0].replace(/\./g, "");
  return parts.join("@");
}

function addPhone(pixel, given) {
  if (given.sha256_phone_number) pixel.identity.phone_number = String(given.sha256_phone_number).trim().toLowerCase();
  if (nothing(given.phone_number)) {
    pixel.labels.raw_phone = { label: "missing" };
    return;
  }
  var phone = String(given.phone_number).replace(/[\s().-]/g, "");
  var fine = /^\+[1-9]\d{6,14}$/.test(phone);
  var injected = /^\d+$/.test(phone) ? "+" + phone : phone;
  var why = fine ? [] : /^\+?\d+$/.test(phone) ? ["invalid_country"] : ["not_a_number"];
  pixel.labels.raw_phone = label(fine, injected !== phone && sha256(injected), why);
  pixel.inspection.phone_is_hashed = [hashed(phone) ? "sha256" : fine ? "plain_phone" : "unknown_invalid"];
  if (/^\+?\d+$/.test(phone) || hashed(phone)) {
    pixel.identity.phone_number = sha256(pixel.its.hashSent === "suggested" ? injected : phone);
  }
}

function label(fine, suggestion, abnormal) {
  var made = { label: fine ? "valid" : "invalid" };
  if (abnormal.length) made.abnormal_types = abnormal;
  if (suggestion) made.suggested_values = [suggestion];
  return made;
}

function nothing(value) {
  return value === null || value === undefined || value === "" || value === "null" || value === "undefined";
}

function hashed(text) {
  return /^[0-9a-fA-F]{64}$/.test(text);
}
