// The page of one shell: its terminal, the bar above and the line below, and what keys and fingers do there.
/// <reference lib="dom" />
import { printable } from "../../../shared/names.js";
import type { Notice } from "../../../shared/notice.js";
import { noticeLine, noticeWeight } from "../../../shared/notice-text.js";
import type { AttachResult, ShellInfo } from "../../../shared/rpc.js";
import { type Size, type SizePolicy, sameSize } from "../../../shared/size.js";
import { errorText } from "../dialogs.js";
import { el } from "../elements.js";
import { showKeyList } from "../keys/key-list.js";
import { KeyRow } from "../keys/key-row.js";
import { pageKey } from "../keys/page-keys.js";
import type { Directory } from "../link/directory.js";
import type { Door } from "../link/door.js";
import { type Role, ShellLink } from "../link/shell-link.js";
import { isPhone } from "../phone.js";
import type { Preferences } from "../preferences.js";
import { routeHash } from "../route.js";
import { killShell, mayManage, renameShell } from "../shell-actions.js";
import type { TabFace } from "../tab-face.js";
import { copyText, onLongPress, pasteEvent, pasteFromClipboard } from "./clipboard.js";
import { EndingBox } from "./ending-box.js";
import { SearchBar } from "./search-bar.js";
import { ShellBar } from "./shell-bar.js";
import { ShellEdge } from "./shell-edge.js";
import { StatusBar } from "./status-bar.js";
import { showTerminalMenu } from "./terminal-menu.js";
import { TerminalScreen } from "./terminal-screen.js";
import { TouchScroll } from "./touch-scroll.js";

export interface TerminalViewOptions {
  readonly door: Door;
  readonly client: string;
  readonly name: string;
  readonly directory: Directory;
  readonly preferences: Preferences;
  readonly face: TabFace;
}

/** Invariant: after `dispose` nothing of it is left: no timer, no connection, no listener. */
export class TerminalView {
  readonly element: HTMLElement;
  readonly #options: TerminalViewOptions;
  readonly #screen: TerminalScreen;
  readonly #link: ShellLink;
  readonly #status = new StatusBar(() => this.focus());
  readonly #edge = new ShellEdge();
  readonly #keys: KeyRow;
  readonly #touch: TouchScroll;
  readonly #search: SearchBar;
  readonly #bar: ShellBar;
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
      onData: (data) => this.#type(this.#keys.apply(data)),
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
    this.#search = new SearchBar(this.#screen.search, preferences, () => terminal.focus());
    this.#bar = new ShellBar(name, this.#pageKeys);
    this.element = this.#build(host);
    this.#unlisten = directory.listen(() => this.#handleDirectory());
    this.#clock = setInterval(() => this.#showLink(), 500);
    const takePaste = (event: ClipboardEvent) => pasteEvent(event, this.#readOnly ? undefined : terminal);
    host.addEventListener("paste", takePaste, { capture: true });
    host.addEventListener("click", () => this.#screen.terminal.focus());
    this.#touch = new TouchScroll(host, terminal);
    onLongPress(host, () => void this.#openMenu());
  }

  /** Its element is in the document. */
  start(): void {
    this.#screen.open();
    this.#link.start();
    this.#showLink();
    this.focus();
    this.#handleDirectory();
  }

  /** The shell's, also after a rename. */
  get name(): string {
    return this.#link.name;
  }

  dispose(): void {
    this.#disposed = true;
    clearInterval(this.#clock);
    this.#unlisten();
    this.#link.stop();
    this.#touch.stop();
    this.#status.dispose();
    this.#screen.dispose();
  }

  /** A phone's keyboard comes when its person wants it. */
  focus(): void {
    if (!this.#looksOn) this.#screen.terminal.focus();
  }

  #build(host: HTMLElement): HTMLElement {
    const main = el(
      "main",
      { attrs: { id: "content", tabindex: "-1", "aria-label": "Terminal" } },
      host,
      this.#edge.element,
      this.#search.element,
      this.#ending.element,
    );
    return el(
      "div",
      { class: "shell-page" },
      this.#bar.element,
      main,
      this.#keys.element,
      this.#status.element,
    );
  }

  #role(shell: ShellInfo, readOnly: boolean): Role {
    // A window whose size does not count shows the shell in the shell's size.
    if (!this.#looksOn && !readOnly) return this.#screen.ownSize;
    return { cols: shell.cols, rows: shell.rows, ignoreSize: true };
  }

  #type(data: string): void {
    if (this.#readOnly) return;
    this.#link.type(data);
    this.#screen.revealCursor();
    // A size that was set by hand stays: this window goes on showing all of it.
    const mayLead = this.#size.policy !== "manual" && !this.#touch.isScrolling;
    if (this.#looksOn && this.#link.state.kind === "live" && mayLead) this.#useMySize();
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
    this.#bar.showRights(this.#options.directory.scope.shell === undefined, readOnly);
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
    this.#bar.showRights(directory.scope.shell === undefined, this.#readOnly);
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
    this.#bar.show(shell);
    this.#status.showOthers(shell.name, shell.attached);
    // A change of policy alone is no change of size, which would be told to the attached.
    this.#size = { ...this.#size, policy: shell.sizePolicy ?? "latest" };
    this.#showSize();
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
    this.#edge.show({ cols, rows }, this.#screen);
    this.#status.showSize({
      shell: { cols, rows },
      own: this.#screen.terminal,
      policy,
      leads,
      mirror: this.#screen.isMirror,
      readOnly: this.#readOnly,
    });
  }

  readonly #pageKeys = {
    slash: () => this.#type("\u001f"),
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
    const manage = mayManage(directory) && this.#shell !== undefined;
    const isMine = !this.#looksOn && (this.#size.leads || sameSize(this.#size, terminal));
    const complain = (error: unknown) => this.#status.say(errorText(error), true);
    await showTerminalMenu(name, preferences, {
      useMySize: this.#readOnly || isMine ? undefined : () => this.#useMySize(),
      redraw: () => this.#link.redraw(),
      search: () => this.#search.open(),
      copySelection: terminal.hasSelection() ? () => void this.#copy(terminal.getSelection()) : undefined,
      copyScreen: () => void this.#copy(this.#screen.visibleText),
      paste: this.#readOnly ? undefined : () => void pasteFromClipboard(terminal),
      rename: manage ? () => void renameShell(directory, name).catch(complain) : undefined,
      kill: manage ? () => void killShell(directory, name).catch(complain) : undefined,
      keys: () => void showKeyList().then(() => this.focus()),
      allShells: directory.scope.shell === undefined ? () => this.#bar.leave() : undefined,
    });
    if (document.querySelector("dialog[open]") === null) this.focus();
  }
}
