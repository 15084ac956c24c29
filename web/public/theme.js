// Runs before the first paint, so that a chosen theme never flashes.
(function () {
  var theme = null;
  try {
    theme = localStorage.getItem('openbricks.theme');
  } catch {
    // Storage may be blocked: the system's theme is used then.
  }
  if (theme === 'light' || theme === 'dark') document.documentElement.dataset.theme = theme;
})();
