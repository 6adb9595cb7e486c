// The page of one shell: its terminal, the bar above and the line below, and what keys and fingers do there.
/// <reference lib="dom" />
import { printable } from "../../shared/names.js";
import type { Notice } from "../../shared/notice.js";
import { noticeLine, noticeWeight } from "../../shared/notice-text.js";
import type { AttachResult, ShellInfo } from "../../shared/rpc.js";
import type { Size, SizePolicy } from "../../shared/size.js";
import { copyText, onLongPress, pasteFromClipboard, pasteText } from "./clipboard.js";
import { errorText } from "./dialogs.js";
import type { Directory } from "./directory.js";
import type { Door } from "./door.js";
import { el, icon, iconButton, setText } from "./elements.js";
import { EndingBox } from "./ending-box.js";
import { KeyRow } from "./key-row.js";
import { pageKey } from "./page-keys.js";
import type { Preferences } from "./preferences.js";
import { routeHash } from "./route.js";
import { SearchBar } from "./search-bar.js";
import { killShell, mayManage, renameShell } from "./shell-actions.js";
import { type Role, ShellLink } from "./shell-link.js";
import { StatusBar } from "./status-bar.js";
import type { TabFace } from "./tab-face.js";
import { showTerminalMenu } from "./terminal-menu.js";
import { TerminalScreen } from "./terminal-screen.js";

export interface TerminalViewOptions {
  readonly door: Door;
  readonly client: string;
  readonly name: string;
  readonly directory: Directory;
  readonly preferences: Preferences;
  readonly face: TabFace;
}

/** Fingers instead of a mouse, and little room: such a window looks on until its person types. */
export function isPhone(): boolean {
  return matchMedia("(pointer: coarse)").matches && Math.min(screen.width, innerWidth) < 700;
}

/** Invariant: after `dispose` nothing of it is left: no timer, no connection, no listener. */
export class TerminalView {
  readonly element: HTMLElement;
  readonly #options: TerminalViewOptions;
  readonly #screen: TerminalScreen;
  readonly #link: ShellLink;
  readonly #status = new StatusBar();
  readonly #keys: KeyRow;
  readonly #search: SearchBar;
  readonly #back = el(
    "a",
    { class: "back", attrs: { href: "#/", "aria-label": "All shells" } },
    icon("back"),
  );
  readonly #title = el("span", { class: "title" });
  readonly #heading: HTMLHeadingElement;
  readonly #readOnlyMark = el("span", { class: "tag" }, icon("lock"), el("span", { text: "read-only" }));
  readonly #ending = new EndingBox(() => this.#link.attachAgain());
  readonly #clock: ReturnType<typeof setInterval>;
  readonly #unlisten: () => void;
  /** This window's size does not count yet. */
  #looksOn = isPhone();
  #readOnly = false;
  #shell: ShellInfo | undefined;
  #size: Size & { leads: boolean; policy: SizePolicy } = { cols: 0, rows: 0, leads: false, policy: "latest" };
  #trouble: Notice | undefined;
  #disposed = false;

  constructor(options: TerminalViewOptions) {
    this.#options = options;
    const { directory, door, client, name, preferences } = options;
    const host = el("div", { class: "shell-screen" });
    this.#screen = new TerminalScreen(host, {
      preferences,
      onData: (data) => this.#type(this.#keys.ctrl.state === "off" ? data : this.#keys.ctrl.apply(data)),
      onBinary: (data) => this.#link.typeBinary(data),
      onSize: (size) => this.#handleSize(size),
      onBell: () => options.face.wantAttention(),
      onOutput: () => options.face.wantAttention(),
      onDrawn: () => host.classList.add("drawn"),
      onLink: (address) => this.#status.showAddress(address),
      onKey: (event) => pageKey(event, this.#pageKeys),
    });
    this.#link = new ShellLink({
      door,
      client,
      name,
      feed: this.#screen.feed,
      role: (shell, scope) => this.#role(shell, scope.readOnly),
      onChange: () => this.#showLink(),
      onAttached: (result, scope) => this.#handleAttached(result, scope.readOnly),
      onNotice: (notice) => this.#handleNotice(notice),
      onLine: (text) => this.#status.say(text, true),
    });
    const { terminal } = this.#screen;
    this.#keys = new KeyRow({
      type: (data) => this.#type(data),
      applicationArrows: () => terminal.modes.applicationCursorKeysMode,
    });
    this.#search = new SearchBar(this.#screen.search, () => terminal.focus());
    this.#heading = el("h1", { text: name });
    this.#readOnlyMark.hidden = true;
    this.element = this.#build(host);
    this.#unlisten = directory.listen(() => this.#handleDirectory());
    this.#clock = setInterval(() => this.#showLink(), 500);
    host.addEventListener("paste", (event) => this.#handlePaste(event), { capture: true });
    host.addEventListener("click", () => this.#screen.terminal.focus());
    onLongPress(host, () => void this.#openMenu());
  }

  /** Its element is in the document. */
  start(): void {
    this.#screen.open();
    this.#link.start();
    this.#showLink();
    if (!this.#looksOn) this.#screen.terminal.focus();
    this.#handleDirectory();
  }

  dispose(): void {
    this.#disposed = true;
    clearInterval(this.#clock);
    this.#unlisten();
    this.#link.stop();
    this.#status.dispose();
    this.#screen.dispose();
  }

  focus(): void {
    // A phone's keyboard comes when its person wants it.
    if (!this.#looksOn) this.#screen.terminal.focus();
  }

  #build(host: HTMLElement): HTMLElement {
    const bar = el(
      "header",
      { class: "bar" },
      this.#back,
      this.#heading,
      this.#title,
      this.#readOnlyMark,
      el("span", { class: "spacer" }),
      iconButton("search", "Search (Ctrl-Shift-F)", () => this.#search.open()),
      iconButton("more", "More", () => void this.#openMenu()),
    );
    const main = el(
      "main",
      { attrs: { id: "content", tabindex: "-1", "aria-label": "Terminal" } },
      host,
      this.#search.element,
      this.#ending.element,
    );
    return el("div", { class: "shell-page" }, bar, main, this.#keys.element, this.#status.element);
  }

  #role(shell: ShellInfo, readOnly: boolean): Role {
    // A window whose size does not count shows the shell in the shell's size.
    if (!this.#looksOn && !readOnly) return this.#screen.ownSize;
    return { cols: shell.cols, rows: shell.rows, ignoreSize: true };
  }

  #type(data: string): void {
    if (this.#readOnly) return;
    this.#link.type(data);
    if (this.#looksOn && this.#link.state.kind === "live") this.#useMySize();
  }

  /** Comes back as a client whose size counts; what was just typed is sent first. */
  #useMySize(): void {
    if (this.#looksOn) {
      this.#looksOn = false;
      this.#screen.mirror(undefined, () => this.#link.attachAgain());
    } else this.#link.lead();
  }

  #handleSize(size: Size): void {
    if (!this.#screen.isMirror) this.#link.resize(size);
    this.#showSize();
  }

  #handleAttached({ shell }: AttachResult, readOnly: boolean): void {
    this.#readOnly = readOnly;
    this.#readOnlyMark.hidden = !readOnly;
    this.#keys.element.hidden = readOnly;
    this.#screen.terminal.options.disableStdin = readOnly;
    this.#trouble = undefined;
    this.#size = { cols: shell.cols, rows: shell.rows, leads: false, policy: shell.sizePolicy ?? "latest" };
    const mirror = this.#looksOn || readOnly ? { cols: shell.cols, rows: shell.rows } : undefined;
    this.#screen.mirror(mirror, () => this.#showSize());
    this.#showShell(shell);
  }

  #handleNotice(notice: Notice): void {
    if (notice.kind === "resized") {
      const { cols, rows, leads, policy = "latest" } = notice;
      this.#size = { cols, rows, leads, policy };
      this.#showSize();
      if (!this.#screen.isMirror) return;
      this.#screen.mirror({ cols, rows }, () => {
        this.#link.resize({ cols, rows });
        this.#showSize();
      });
      return;
    }
    const isTrouble = notice.kind === "lost" || notice.kind === "waiting" || notice.kind === "taken";
    if (isTrouble || (notice.kind === "silent" && notice.seconds !== undefined)) this.#trouble = notice;
    else if (notice.kind === "back" || notice.kind === "silent") this.#trouble = undefined;
    const line = isTrouble ? undefined : noticeLine(this.#link.name, notice, Date.now());
    const weight = noticeWeight(notice);
    if (line !== undefined) this.#status.say(line, weight === "lasting" || weight === "amends");
    this.#showLink();
  }

  #handleDirectory(): void {
    const { directory } = this.#options;
    this.#back.hidden = directory.scope.shell !== undefined;
    const shell =
      this.#shell === undefined
        ? directory.shells.get(this.#link.name)
        : directory.byShellId(this.#shell.shellId);
    if (shell !== undefined) this.#showShell(shell);
  }

  #showShell(shell: ShellInfo): void {
    this.#shell = shell;
    if (shell.name !== this.#link.name) {
      this.#link.name = shell.name;
      history.replaceState(null, "", routeHash({ view: "shell", name: shell.name }));
    }
    setText(this.#heading, shell.name);
    setText(this.#title, printable(shell.title ?? shell.cwd ?? "", 120));
    this.#status.showOthers(shell.attached);
    this.#showLink();
  }

  #showLink(): void {
    if (this.#disposed) return;
    const { state, heldBytes, name } = this.#link;
    const now = Date.now();
    const trouble = this.#trouble === undefined ? undefined : noticeLine(name, this.#trouble, now);
    this.#status.showLink(state, heldBytes, trouble, now);
    const title = this.#shell?.title === undefined ? name : `${name} — ${printable(this.#shell.title, 60)}`;
    const lost = state.kind === "waiting" || (state.kind === "live" && trouble !== undefined);
    this.#options.face.show(title, state.kind === "over" ? "ended" : lost ? "lost" : "running");
    this.element.dataset["link"] = state.kind;
    this.#ending.show(state, this.#options.directory.scope.shell === undefined);
  }

  #showSize(): void {
    const { cols, rows, leads, policy } = this.#size;
    const mirror = this.#screen.isMirror;
    this.#status.showSize({
      shell: { cols, rows },
      own: this.#screen.terminal,
      policy,
      leads,
      mirror,
      readOnly: this.#readOnly,
    });
  }

  #handlePaste(event: ClipboardEvent): void {
    event.preventDefault();
    event.stopPropagation();
    if (!this.#readOnly)
      void pasteText(this.#screen.terminal, event.clipboardData?.getData("text/plain") ?? "");
  }

  readonly #pageKeys = {
    search: () => this.#search.open(),
    copy: () => void this.#copy(this.#screen.terminal.getSelection()),
    paste: () => void pasteFromClipboard(this.#screen.terminal),
    menu: () => void this.#openMenu(),
  };

  async #copy(text: string): Promise<void> {
    if (text === "") return;
    const done = await copyText(text);
    this.#status.say(done ? "copied" : "the browser does not let this page copy");
  }

  async #openMenu(): Promise<void> {
    const { directory, preferences } = this.#options;
    const { terminal } = this.#screen;
    const { name } = this.#link;
    const manage = mayManage(directory);
    const complain = (error: unknown) => this.#status.say(errorText(error), true);
    await showTerminalMenu(name, preferences, {
      useMySize: this.#readOnly || (!this.#looksOn && this.#size.leads) ? undefined : () => this.#useMySize(),
      redraw: () => this.#link.redraw(),
      copy: () => void this.#copy(terminal.getSelection() || this.#screen.visibleText),
      paste: this.#readOnly ? undefined : () => void pasteFromClipboard(terminal),
      rename: manage ? () => void renameShell(directory, name).catch(complain) : undefined,
      kill: manage ? () => void killShell(directory, name).catch(complain) : undefined,
    });
    if (document.querySelector("dialog[open]") === null) this.focus();
  }
}
