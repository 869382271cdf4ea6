// Counts down to what the gateway does next. Without it the time of that moment stands there.

const shown = document.querySelectorAll("[data-countdown]");
const began = Date.now(); // how long a sleeping computer was away counts too

function words(seconds) {
  if (seconds <= 0) return "a moment";
  const minutes = Math.floor(seconds / 60);
  return minutes ? `${minutes} min ${String(seconds % 60).padStart(2, "0")} s` : `${seconds} s`;
}

function tick() {
  const passed = Math.floor((Date.now() - began) / 1000);
  for (const element of shown) {
    const text = words(Number(element.dataset.countdown) - passed);
    if (element.textContent !== text) element.textContent = text;
  }
}

if (shown.length) {
  tick();
  setInterval(tick, 1000);
}
