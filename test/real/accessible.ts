import axe from 'axe-core';
import type { Page } from 'playwright-core';

/** Returns the accessibility problems that axe finds: rule, place and what is missing. */
export async function obstacles(page: Page): Promise<string[]> {
  await page.evaluate(axe.source);
  return await page.evaluate<string[]>(
    `axe.run(document, { resultTypes: ['violations'] }).then(({ violations }) => violations.flatMap(({ id, help, nodes }) =>
      nodes.map(({ target, any }) => [id, target.join(' '), ...(any.length > 0 ? any.map(({ message }) => message) : [help])].join(': '))))`,
  );
}
