/**
 * The page's script, an optional enhancement: it preserves folding, the search and the focus across updates. Without it
 * the browser reloads the page.
 */
export const script = `
(() => {
  const seconds = Number(document.currentScript.dataset.seconds);
  const code = document.currentScript.textContent;
  const search = document.querySelector('#search');
  const field = document.querySelector('#search input');
  const found = document.querySelector('#search output');
  const silent = document.querySelector('#silent');
  const title = () => document.title.replace(/^\\(silent\\) /, '');
  /** What somebody has unfolded or folded, by name: places change when targets come and go. */
  const chosen = new Map();

  const nameOf = details => {
    const outer = details.parentElement.closest('details');
    const own = details.querySelector('h3') ?? details.querySelector('summary');
    return (outer ? nameOf(outer) + '/' : '') + own.textContent.replace(/[\\d,.]+/g, outer ? '' : '$&');
  };
  const markOf = one => one.href ?? nameOf(one.parentElement);

  const filter = () => {
    const words = (field?.value ?? '').toLowerCase().split(/\\s+/).filter(word => word !== '');
    const targets = [...document.querySelectorAll('details.target')];
    for (const target of targets) {
      const text = target.textContent.toLowerCase();
      target.hidden = !words.every(word => text.includes(word));
    }
    if (found) found.textContent = words.length > 0 ? targets.filter(target => !target.hidden).length + ' of ' + targets.length : '';
  };

  const take = next => {
    for (const details of next.querySelectorAll('main details')) {
      const open = chosen.get(nameOf(details));
      if (open !== undefined) details.open = open;
    }
    const focused = document.activeElement?.matches('main a, main summary') ? markOf(document.activeElement) : undefined;
    for (const part of ['main', 'footer']) document.querySelector(part).replaceWith(next.querySelector(part));
    document.title = next.title;
    silent.hidden = true;
    filter();
    if (focused !== undefined)
      [...document.querySelectorAll('main a, main summary')].find(one => markOf(one) === focused)?.focus({ preventScroll: true });
  };

  const update = async () => {
    try {
      const answer = await fetch(location.href, { cache: 'no-store', signal: AbortSignal.timeout(seconds * 1000) });
      if (!answer.ok) throw new Error(String(answer.status));
      const next = new DOMParser().parseFromString(await answer.text(), 'text/html');
      if (next.querySelector('script')?.textContent === code) take(next);
      else location.reload();
    } catch {
      silent.hidden = false;
      document.title = '(silent) ' + title();
    }
    setTimeout(update, seconds * 1000);
  };

  document.addEventListener('click', event => {
    const summary = event.target.closest('summary');
    if (summary) chosen.set(nameOf(summary.parentElement), !summary.parentElement.open);
  });
  field?.addEventListener('input', filter);
  if (search) search.hidden = false;
  filter();
  if (seconds > 0) setTimeout(update, seconds * 1000);
})();
`;
