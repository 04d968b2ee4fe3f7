// Goes on to the service that is to hear of a logout, or past it when it cannot be reached or does not answer within five
// seconds. Without script the visitor presses one of the two.

const place = document.querySelector('[data-carry]');
if (place) {
  const skip = () => location.replace(place.querySelector('[data-skip]').href);
  // While the service is silent this page stays, and so does its clock.
  const patience = setTimeout(() => { window.stop(); skip(); }, 5000);
  // A service that is not there would leave the visitor on the browser's own error page: it is looked for first.
  fetch(place.dataset.carry, { method: 'HEAD', mode: 'no-cors', credentials: 'omit', cache: 'no-store' }).then(() => {
    const go = place.querySelector('[data-go]');
    if (go instanceof HTMLFormElement) go.submit(); else location.assign(go.href);
  }, () => { clearTimeout(patience); skip(); });
}
