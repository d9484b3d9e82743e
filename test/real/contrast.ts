/**
 * A script for the page. It returns the visible texts whose contrast with their background is below 4.5 to 1 (WCAG 2.2,
 * level AA), each with its ratio. It is a string because the compiler does not know a browser's globals here.
 */
export const wordsTooPale = `(() => {
  const parts = colour => {
    const [red = 0, green = 0, blue = 0, alpha = 1] = (colour.match(/[\\d.]+/g) ?? []).map(Number);
    return { rgb: [red, green, blue], alpha };
  };
  const over = (front, back) => front.rgb.map((value, at) => value * front.alpha + back[at] * (1 - front.alpha));
  const groundOf = element => {
    if (!element) return [255, 255, 255];
    const ground = parts(getComputedStyle(element).backgroundColor);
    return ground.alpha === 1 ? ground.rgb : over(ground, groundOf(element.parentElement));
  };
  const luminance = rgb => {
    const [red, green, blue] = rgb.map(value => value / 255).map(value => (value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4));
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
  };
  const pale = new Set();
  let seen = 0;
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const { parentElement: element, textContent } = walker.currentNode;
    if (textContent.trim() === '' || !element.checkVisibility()) continue;
    seen++;
    const back = groundOf(element);
    const [light, dark] = [luminance(over(parts(getComputedStyle(element).color), back)), luminance(back)].sort((a, b) => b - a);
    const ratio = (light + 0.05) / (dark + 0.05);
    if (ratio < 4.5) pale.add(textContent.trim().slice(0, 40) + ': ' + ratio.toFixed(2));
  }
  return seen < 100 ? ['only ' + seen + ' texts were looked at'] : [...pale];
})()`;
