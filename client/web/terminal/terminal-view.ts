// The page of one shell: its terminal, the bar above and the line below, and what keys and fingers do there.
/// <reference lib="dom" />
import { printable } from "../../../shared/names.js";
import type { Notice } from "../../../shared/notice.js";
import { noticeWeight } from "../../../shared/notice-text.js";
import type { AttachResult, ShellInfo } from "../../../shared/rpc.js";
import { type Size, type SizePolicy, sameSize } from "../../../shared/size.js";
import { errorText } from "../dialogs.js";
import { el } from "../elements.js";
import { showKeyList } from "../keys/key-list.js";
import { KeyRow } from "../keys/key-row.js";
import { pageKey } from "../keys/page-keys.js";
import type { Directory } from "../link/directory.js";
import type { Door } from "../link/door.js";
import type { Ending } from "../link/ending.js";
import { type Role, ShellLink } from "../link/shell-link.js";
import { isPhone } from "../phone.js";
import type { Preferences } from "../preferences.js";
import { routeHash } from "../route.js";
import { killShell, mayManage, renameShell } from "../shell-actions.js";
import type { TabFace } from "../tab-face.js";
import { copyText, pasteEvent, pasteFromClipboard } from "./clipboard.js";
import { EndingBox } from "./ending-box.js";
import { onLongPress } from "./long-press.js";
import { SearchBar } from "./search-bar.js";
import { ShellBar } from "./shell-bar.js";
import { ShellEdge } from "./shell-edge.js";
import { shellPage } from "./shell-page.js";
import { StatusBar } from "./status-bar.js";
import { showTerminalMenu } from "./terminal-menu.js";
import { TerminalScreen } from "./terminal-screen.js";
import { TouchScroll } from "./touch-scroll.js";
import { pageLine, Trouble } from "./trouble.js";
import { watchUnsentTyping } from "./unsent-typing.js";

export interface TerminalViewOptions {
  readonly door: Door;
  readonly client: string;
  readonly name: string;
  readonly directory: Directory;
  readonly preferences: Preferences;
  readonly face: TabFace;
  /** It has an ending. */
  onOver(): void;
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
  readonly #unwatch: () => void;
  /** This window's size does not count yet. */
  #looksOn = isPhone();
  #readOnly = false;
  #shell: ShellInfo | undefined;
  #size: Size & { leads: boolean; policy: SizePolicy } = { cols: 0, rows: 0, leads: false, policy: "latest" };
  readonly #trouble = new Trouble();
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
    this.element = shellPage({
      bar: this.#bar.element,
      screen: [host, this.#edge.element, this.#search.element, this.#ending.element],
      below: [this.#keys.element, this.#status.element],
    });
    this.#unlisten = directory.listen(() => this.#handleDirectory());
    this.#unwatch = watchUnsentTyping(this.#link);
    this.#clock = setInterval(() => this.#showLink(), 500);
    const takePaste = (event: ClipboardEvent) =>
      pasteEvent(event, this.#readOnly ? undefined : terminal, this.#say);
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

  /** Undefined while it is attached, or tries to be. */
  get ending(): Ending | undefined {
    const { state } = this.#link;
    return state.kind === "over" ? state.ending : undefined;
  }

  dispose(): void {
    this.#disposed = true;
    this.#unwatch();
    clearInterval(this.#clock);
    this.#unlisten();
    this.#bar.dispose();
    this.#link.stop();
    this.#touch.stop();
    this.#status.dispose();
    this.#screen.dispose();
  }

  /** A phone's keyboard comes when its person wants it. */
  focus(): void {
    if (!this.#looksOn) this.#screen.terminal.focus();
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
    this.#trouble.clear();
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
    const isTrouble = this.#trouble.note(notice);
    const line = isTrouble ? undefined : pageLine(this.#link.name, notice, Date.now());
    const weight = noticeWeight(notice);
    if (line !== undefined) this.#status.say(line, weight === "lasting" || weight === "amends");
    this.#showLink();
  }

  #handleDirectory(): void {
    const { directory } = this.#options;
    this.#bar.showRights(directory.scope.shell === undefined, this.#readOnly);
    const shell =
      this.#shell === undefined ? directory.shells.get(this.#link.name) : directory.find(this.#shell);
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
    const trouble = this.#trouble.line(name, now, { mayTake: mayManage(this.#options.directory) });
    this.#status.showLink(state, heldBytes, trouble, now);
    const title = this.#shell?.title === undefined ? name : `${name} — ${printable(this.#shell.title, 60)}`;
    const lost = state.kind === "waiting" || (state.kind === "live" && trouble !== undefined);
    this.#options.face.show(title, state.kind === "over" ? "ended" : lost ? "lost" : "running");
    this.element.dataset["link"] = state.kind;
    this.#ending.show(state, this.#options.directory.scope.shell === undefined);
    if (state.kind === "over") this.#options.onOver();
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

  readonly #say = (text: string) => this.#status.say(text);

  readonly #pageKeys = {
    slash: () => this.#type("\u001f"),
    focus: () => this.focus(),
    search: () => this.#search.open(),
    copy: () => void copyText(this.#screen.terminal.getSelection(), this.#say),
    paste: () => void pasteFromClipboard(this.#readOnly ? undefined : this.#screen.terminal, this.#say),
    menu: () => void this.#openMenu(),
  };

  async #openMenu(): Promise<void> {
    const { directory, preferences } = this.#options;
    const { terminal } = this.#screen;
    const { name } = this.#link;
    const manage = mayManage(directory) && this.#shell !== undefined;
    const isMine = !this.#looksOn && (this.#size.leads || sameSize(this.#size, terminal));
    const complain = (error: unknown) => this.#status.say(errorText(error), true);
    await showTerminalMenu(name, preferences, {
      useMySize: this.#readOnly || isMine ? undefined : () => this.#useMySize(),
      takeBack: manage && this.#trouble.isTaken ? () => this.#link.attachAgain(true) : undefined,
      redraw: () => this.#link.redraw(),
      search: () => this.#search.open(),
      copySelection: terminal.hasSelection()
        ? () => void copyText(terminal.getSelection(), this.#say)
        : undefined,
      copyScreen: () => void copyText(this.#screen.visibleText, this.#say),
      paste: this.#readOnly ? undefined : this.#pageKeys.paste,
      rename: manage ? () => void renameShell(directory, name).catch(complain) : undefined,
      kill: manage ? () => void killShell(directory, name).catch(complain) : undefined,
      keys: () => void showKeyList().then(() => this.focus()),
      allShells: directory.scope.shell === undefined ? () => this.#bar.leave() : undefined,
    });
    if (document.querySelector("dialog[open]") === null) this.focus();
  }
}
