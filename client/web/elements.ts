// Makes DOM elements: the only way in which text from elsewhere reaches the page, and always as text.
/// <reference lib="dom" />

interface ElementOptions {
  readonly class?: string;
  /** Untrusted text may stand here. */
  readonly text?: string;
  readonly attrs?: Readonly<Record<string, string>>;
  readonly onClick?: (event: MouseEvent) => void;
}

export function el<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  options: ElementOptions = {},
  ...children: readonly (Node | undefined)[]
): HTMLElementTagNameMap[K] {
  const element = document.createElement(tag);
  if (options.class !== undefined) element.className = options.class;
  if (options.text !== undefined) element.textContent = options.text;
  for (const [name, value] of Object.entries(options.attrs ?? {})) element.setAttribute(name, value);
  const { onClick } = options;
  if (onClick !== undefined) element.addEventListener("click", onClick as EventListener);
  for (const child of children) if (child !== undefined) element.append(child);
  return element;
}

/** Changes the text only where it differs: an unchanged live region must not speak again. */
export function setText(element: Element, text: string): void {
  if (element.textContent !== text) element.textContent = text;
}

const PATHS = {
  back: "M15 5l-7 7 7 7",
  more: "M4 7h16M4 12h16M4 17h16",
  full: "M4 9V4h5M15 4h5v5M20 15v5h-5M9 20H4v-5",
  search: "M11 4a7 7 0 1 0 0 14 7 7 0 0 0 0-14zM16.500 16.500L21 21",
  plus: "M12 5v14M5 12h14",
  close: "M6 6l12 12M18 6L6 18",
  up: "M6 15l6-6 6 6",
  down: "M6 9l6 6 6-6",
  theme: "M20 14.500A8 8 0 1 1 9.500 4a6.500 6.500 0 0 0 10.500 10.500z",
  pencil: "M4 20l1-4L16 5l3 3L8 19z",
  help: "M12 3.500a8.500 8.500 0 1 0 0 17 8.500 8.500 0 0 0 0-17zM9.500 9.500a2.500 2.500 0 1 1 3.700 2.200c-.800.400-1.200.900-1.200 1.800M12 16.500v.100",
  trash: "M5 7h14M10 7V4h4v3M7 7l1 13h8l1-13",
  person: "M12 4a4 4 0 1 0 0 8 4 4 0 0 0 0-8zM4.500 20c1-4 4-5.500 7.500-5.500s6.500 1.500 7.500 5.500",
  lock: "M6 11h12v9H6zM8.500 11V8a3.500 3.500 0 0 1 7 0v3",
} as const;

export type IconName = keyof typeof PATHS;

export function icon(name: IconName): SVGSVGElement {
  const space = "http://www.w3.org/2000/svg";
  const svg = document.createElementNS(space, "svg");
  svg.setAttribute("viewBox", "0 0 24 24");
  svg.setAttribute("aria-hidden", "true");
  svg.setAttribute("class", "icon");
  const path = document.createElementNS(space, "path");
  path.setAttribute("d", PATHS[name]);
  svg.append(path);
  return svg;
}

/** A button that shows an icon and says `label`. */
export function iconButton(name: IconName, label: string, onClick: () => void): HTMLButtonElement {
  const button = el("button", {
    class: "icon-button",
    attrs: { type: "button", "aria-label": label, title: label },
    onClick,
  });
  button.append(icon(name));
  return button;
}

export function button(text: string, onClick: () => void, className = "button"): HTMLButtonElement {
  return el("button", { class: className, text, attrs: { type: "button" }, onClick });
}
