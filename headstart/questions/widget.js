// Draws one question, guess, round of practice or review of flashcards and sends what the learner answers to Python
// (widget.py here, in headstart/practising and headstart/flashcards), which judges and keeps it.
// No libraries, no requests. All texts arrive as HTML made by Python, with HTML of the source switched off.

const make = (tag, attributes = {}, ...children) => {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value !== null && value !== undefined) node.setAttribute(name, value);
  }
  node.append(...children.filter((child) => child !== null));
  return node;
};

const rich = (tag, attributes, html) => {
  const node = make(tag, attributes);
  node.innerHTML = html;
  return node;
};

// Options as radio buttons or check boxes.
function choiceControls(content, uid, changed) {
  const type = content.kind === "single" ? "radio" : "checkbox";
  const inputs = [];
  const list = make("div", { class: "hs-choices" });
  for (const choice of content.choices) {
    const id = `${uid}-${choice.letter}`;
    const input = make("input", { type, id, name: `${uid}-choice`, value: choice.value });
    input.addEventListener("change", () => changed(true));
    inputs.push(input);
    list.append(
      make(
        "label",
        { class: "hs-choice", for: id },
        input,
        make("span", { class: "hs-letter" }, `${choice.letter}.`),
        rich("span", { class: "hs-text" }, choice.html),
      ),
    );
  }
  return {
    node: list,
    read: () => {
      const picked = inputs.filter((input) => input.checked).map((input) => input.value);
      return type === "radio" ? (picked[0] ?? null) : picked;
    },
    write: (response) => {
      const picked = [response].flat();
      for (const input of inputs) input.checked = picked.includes(input.value);
    },
    lock: (locked) => inputs.forEach((input) => (input.disabled = locked)),
    first: inputs[0],
  };
}

function numberControl(content, uid, changed, send) {
  const input = make("input", {
    type: "text",
    id: `${uid}-number`,
    class: "hs-number",
    inputmode: "decimal",
    autocomplete: "off",
    spellcheck: "false",
    "aria-describedby": `${uid}-task`,
  });
  input.addEventListener("input", () => changed(false));
  // Leaving the field saves what is saved at once; elsewhere it must not wipe the feedback away.
  if (content.autosave) input.addEventListener("change", () => changed(true));
  input.addEventListener("keydown", (event) => {
    if (event.key === "Enter") {
      event.preventDefault();
      send(true);
    }
  });
  const label = make("label", { for: input.id }, content.unit ? `${content.label} (${content.unit})` : content.label);
  return {
    node: make("div", { class: "hs-number-row" }, label, input),
    read: () => input.value.trim() || null,
    write: (response) => (input.value = response ?? ""),
    lock: (locked) => (input.readOnly = locked),
    invalid: (wrong) => (wrong ? input.setAttribute("aria-invalid", "true") : input.removeAttribute("aria-invalid")),
    first: input,
  };
}

// Items that two buttons each move up and down. The focus stays with the item; the new place is announced.
function orderControls(content, uid, changed, announce) {
  const list = make("ol", { class: "hs-order" });
  const rows = new Map();
  const place = (row) => [...list.children].indexOf(row);
  const refresh = () => {
    const all = [...list.children];
    all.forEach((row, at) => {
      row.querySelector(".hs-up").setAttribute("aria-disabled", String(at === 0));
      row.querySelector(".hs-down").setAttribute("aria-disabled", String(at === all.length - 1));
    });
  };
  let locked = false;
  const move = (row, step, button) => {
    const from = place(row);
    const to = from + step;
    const count = list.children.length;
    const name = row.querySelector(".hs-text").textContent.trim();
    if (locked) return;
    if (to < 0 || to >= count) {
      announce(`${name} is already ${step < 0 ? "first" : "last"}.`);
      return;
    }
    if (step < 0) row.previousElementSibling.before(row);
    else row.nextElementSibling.after(row);
    refresh();
    button.focus();
    announce(`${name}: place ${to + 1} of ${count}.`);
    changed(true);
  };
  for (const choice of content.choices) {
    const text = rich("span", { class: "hs-text" }, choice.html);
    const name = text.textContent.trim();
    const up = make("button", { type: "button", class: "hs-move hs-up", "aria-label": `Move up: ${name}` });
    const down = make("button", { type: "button", class: "hs-move hs-down", "aria-label": `Move down: ${name}` });
    up.append(make("span", { "aria-hidden": "true" }, "↑"));
    down.append(make("span", { "aria-hidden": "true" }, "↓"));
    const row = make("li", { class: "hs-item" }, make("span", { class: "hs-letter" }, `${choice.letter}.`), text, up, down);
    up.addEventListener("click", () => move(row, -1, up));
    down.addEventListener("click", () => move(row, 1, down));
    rows.set(choice.value, row);
    list.append(row);
  }
  refresh();
  return {
    node: list,
    read: () => [...rows].sort((a, b) => place(a[1]) - place(b[1])).map(([key]) => key),
    write: (response) => {
      const order = response ?? content.choices.map((choice) => choice.value);
      for (const key of order) if (rows.has(key)) list.append(rows.get(key));
      refresh();
    },
    lock: (value) => (locked = value),
    first: list.querySelector(".hs-move"),
  };
}

// A button that opens and closes what it controls.
function disclosure(uid, name, title, body) {
  const id = `${uid}-${name}`;
  const panel = make("div", { id, class: "hs-panel", hidden: "" }, body);
  const button = make("button", { type: "button", class: "hs-quiet", "aria-expanded": "false", "aria-controls": id }, title);
  button.addEventListener("click", () => {
    panel.hidden = !panel.hidden;
    button.setAttribute("aria-expanded", String(!panel.hidden));
  });
  return { button, panel };
}

// The line that says what came of it. `show({})` empties it.
function statusLine() {
  const node = make("div", { class: "hs-status", role: "status", "aria-live": "polite" });
  const show = (result) => {
    node.replaceChildren();
    node.className = "hs-status";
    if (result.html) {
      node.classList.add(`hs-${result.tone}`);
      const line = make("div", { class: "hs-line" }, make("span", { class: "hs-sign", "aria-hidden": "true" }, result.sign));
      const words = make("div", { class: "hs-words" });
      if (result.label) words.append(make("strong", {}, result.label), " ");
      words.append(rich("div", { class: "hs-message" }, result.html));
      if (result.details.length) {
        words.append(make("ul", { class: "hs-details" }, ...result.details.map((detail) => rich("li", {}, detail))));
      }
      line.append(words);
      node.append(line);
    }
    for (const notice of result.notices ?? []) node.append(make("p", { class: "hs-notice" }, notice));
  };
  return { node, show };
}

// Calls `show` with a note where Python does not answer in time. Returns what stops the waiting.
function patience(show) {
  const html = "Python has not answered yet. If a cell is running, wait for it. If not, run this cell again.";
  const waiting = setTimeout(() => show({ tone: "note", sign: "i", label: "", html, details: [] }), 6000);
  return () => clearTimeout(waiting);
}

// Letters and arrows typed here must not reach JupyterLab as shortcuts ("b" would insert a cell). Shortcuts with
// a modifier, such as Ctrl+S and Shift+Enter, still do. JupyterLab looks for this mark on the focused control.
function keepKeys(el) {
  const guard = (event) => {
    if (!el.contains(event.target)) return;
    const command = event.ctrlKey || event.metaKey || (event.shiftKey && event.key === "Enter");
    event.target.toggleAttribute("data-lm-suppress-shortcuts", !command);
  };
  window.addEventListener("keydown", guard, true);
  return () => window.removeEventListener("keydown", guard, true);
}

// `more` are nodes that stand beside the question's own buttons.
function renderQuestion({ model, el, more = [] }) {
  const content = model.get("content");
  // Ids must differ between all questions on the page, and between two views of one question.
  const uid = `hs-${Math.random().toString(36).slice(2, 12)}`;
  let sent = 0;
  let explicit = false;
  let stopWaiting = () => {};

  const { node: status, show } = statusLine();
  const spoken = make("div", { class: "hs-spoken", role: "status", "aria-live": "polite" });
  const announce = (text) => (spoken.textContent = text);

  // `asked` is true for the button and Enter: only then may a mistake move the focus.
  const send = (asked) => {
    if (model.get("state").locked) return;
    sent += 1;
    explicit = asked;
    model.set("submission", { response: controls.read(), n: sent, view: uid });
    model.save_changes();
    stopWaiting();
    stopWaiting = patience(show);
  };
  // `done` is false while a number is still being typed.
  const changed = (done) => {
    controls.invalid?.(false);
    if (content.autosave && done) {
      send(false);
    } else if (!content.autosave) {
      show({});
    }
  };
  const controls =
    content.kind === "ordering"
      ? orderControls(content, uid, changed, announce)
      : content.kind === "numeric"
        ? numberControl(content, uid, changed, send)
        : choiceControls(content, uid, changed);

  const check = make("button", { type: "button", class: "hs-check" }, content.button);
  check.addEventListener("click", () => send(true));
  const actions = make("div", { class: "hs-actions" }, check);
  const panels = [];
  if (content.hint) panels.push(disclosure(uid, "hint", "Hint", rich("div", {}, content.hint)));
  if (content.steps.length) {
    const steps = make("ol", {}, ...content.steps.map((step) => rich("li", {}, step)));
    panels.push(disclosure(uid, "steps", "Worked steps", steps));
  }
  actions.append(...panels.map((panel) => panel.button), ...more);

  const group = make(
    "fieldset",
    {
      class: "hs-group",
      role: content.kind === "single" ? "radiogroup" : null,
      "aria-describedby": `${uid}-stem`,
      tabindex: "-1",
    },
    make(
      "legend",
      { class: "hs-title" },
      make("span", { class: "hs-name" }, content.title),
      make("span", { class: "hs-facts" }, content.facts),
    ),
    rich("div", { class: "hs-stem", id: `${uid}-stem` }, content.stem),
    content.code === null ? null : make("pre", { class: "hs-code" }, make("code", {}, content.code)),
    make("p", { class: "hs-task", id: `${uid}-task` }, content.task),
    controls.node,
  );

  const update = () => {
    const state = model.get("state");
    stopWaiting();
    const own = state.view === uid;
    // A late reply to an earlier submission must not overwrite what was picked since.
    if (own && state.n !== sent) return;
    if (!own) controls.write(state.response ?? null);
    controls.lock(state.locked);
    check.hidden = state.locked;
    controls.invalid?.(state.status.tone === "problem");
    show(state.status);
    if (own && explicit && state.status.tone === "problem") controls.first.focus();
  };
  model.on("change:state", update);

  const letKeysGo = keepKeys(el);
  el.classList.add("hs-card");
  el.append(group, actions, ...panels.map((panel) => panel.panel), status, spoken);
  update();
  return () => {
    stopWaiting();
    letKeysGo();
    model.off("change:state", update);
  };
}

// The path of the open notebook's folder on the server, which JupyterLab and Notebook have in their addresses.
function notebookFolder() {
  const found = /\/(?:tree|notebooks)\/(.*)$/.exec(window.location.pathname);
  return found ? decodeURIComponent(found[1]).split("/").slice(0, -1) : null;
}

// A link to another notebook of the course. JupyterLab opens it beside this one; where it cannot, the words stay.
function placeLink(place, link) {
  const folder = notebookFolder();
  if (!link || !folder || !document.body.hasAttribute("data-jp-theme-light")) return make("span", {}, place);
  // Notebook 7 has one notebook a page: an ordinary link opens the other one.
  if (window.location.pathname.includes("/notebooks/")) return make("a", { href: link, target: "_blank" }, place);
  const [file, fragment] = link.split("#");
  for (const part of decodeURIComponent(file).split("/")) {
    if (part === "..") folder.pop();
    else folder.push(part);
  }
  const id = fragment ? `#${fragment}` : "";
  return make(
    "a",
    {
      href: id || "#",
      "data-commandlinker-command": "rendermime:handle-local-link",
      "data-commandlinker-args": JSON.stringify({ path: folder.join("/"), id }),
    },
    place,
  );
}

// One flashcard after another: the front, on request the back with four ratings, and at the end what comes when.
function renderReview({ model, el }) {
  const content = model.get("content");
  const uid = `hs-${Math.random().toString(36).slice(2, 12)}`;
  let sent = 0;
  let pending = false;
  let shown = null;
  let stopWaiting = () => {};

  const { node: status, show } = statusLine();
  const facts = make("span", { class: "hs-facts" });
  const term = make("p", { class: "hs-term", id: `${uid}-term` });
  const home = make("p", { class: "hs-task", id: `${uid}-home` });
  const task = make("p", { class: "hs-task" }, content.task);
  const answer = make("div", { class: "hs-answer", role: "group", "aria-label": "Answer", tabindex: "-1" });
  const prompt = make("p", { class: "hs-task", id: `${uid}-prompt` }, content.prompt);
  const keys = make("p", { class: "hs-task hs-keys" }, content.keys);
  const ratings = make("div", { class: "hs-ratings", role: "group", "aria-labelledby": `${uid}-prompt` });
  const back = make("div", { hidden: "" }, answer, prompt, ratings, keys);
  const reveal = make("button", { type: "button", class: "hs-check", "aria-describedby": `${uid}-term ${uid}-home` }, "Show answer");
  const stop = make("button", { type: "button", class: "hs-plain" }, "Stop here");
  const actions = make("div", { class: "hs-actions" }, reveal, stop);
  const ending = make("div", { class: "hs-ending", tabindex: "-1" });
  const card = make(
    "div",
    { role: "group", "aria-labelledby": `${uid}-title` },
    make("p", { class: "hs-title" }, make("span", { class: "hs-name", id: `${uid}-title` }, content.title), facts),
    term,
    home,
    task,
    back,
    actions,
    ending,
  );

  const buttons = content.ratings.map(({ value, name, meaning }) => {
    const when = make("span", { class: "hs-when" });
    const button = make("button", { type: "button", title: meaning }, make("span", {}, name), when);
    button.addEventListener("click", () => send({ action: "rate", card: shown.id, rating: value }));
    ratings.append(button);
    return { value, button, when };
  });

  const send = (submission) => {
    // One press is one rating, however often the button is pressed before Python answers.
    if (pending) return;
    pending = true;
    sent += 1;
    model.set("submission", { ...submission, n: sent, view: uid });
    model.save_changes();
    stopWaiting();
    stopWaiting = patience((note) => {
      pending = false;
      show(note);
    });
  };
  const open = () => {
    back.hidden = false;
    reveal.hidden = true;
    task.hidden = true;
    show({ notices: model.get("state").status.notices });
    answer.focus();
  };
  reveal.addEventListener("click", open);
  stop.addEventListener("click", () => send({ action: "stop" }));
  card.addEventListener("keydown", (event) => {
    if (back.hidden || event.ctrlKey || event.metaKey || event.altKey) return;
    const rating = buttons.find(({ value }) => String(value) === event.key);
    if (!rating) return;
    event.preventDefault();
    rating.button.click();
  });

  const update = () => {
    const state = model.get("state");
    stopWaiting();
    const own = state.view === uid;
    if (own) pending = false;
    const focused = el.contains(document.activeElement);
    shown = state.card;
    facts.textContent = state.facts;
    for (const node of [term, home, task, actions, reveal]) node.hidden = shown === null;
    back.hidden = true;
    if (shown) {
      term.textContent = shown.term;
      home.textContent = shown.home;
      answer.replaceChildren(rich("div", { class: "hs-definition" }, shown.definition), make("p", {}, placeLink(shown.place, shown.link)));
      for (const { value, when } of buttons) when.textContent = shown.when[value];
    }
    for (const link of answer.querySelectorAll("a[href^='http']")) {
      link.target = "_blank";
      link.rel = "noopener";
    }
    ending.hidden = shown !== null;
    ending.replaceChildren(...state.summary.map((line) => make("p", {}, line)));
    show(state.status);
    // The focus goes on with the learner who rated here, and stays where it is for everyone else.
    if (own && focused) (shown ? reveal : ending).focus();
  };
  model.on("change:state", update);

  const letKeysGo = keepKeys(el);
  el.classList.add("hs-card");
  el.append(card, status);
  update();
  return () => {
    stopWaiting();
    letKeysGo();
    model.off("change:state", update);
  };
}

// A round of practice: one question after another, each drawn as a question of its own, then the summary.
function renderPractice({ model, el }) {
  const uid = `hs-${Math.random().toString(36).slice(2, 12)}`;
  const spoken = make("div", { class: "hs-spoken", role: "status", "aria-live": "polite" });
  const { node: waitingNote, show: showNote } = statusLine();
  let card = null;
  let cleanUp = () => {};
  let stopWaiting = () => {};

  const goOn = make("button", { type: "button", class: "hs-next" });
  const press = () => {
    const { action, step } = model.get("state");
    model.set("submission", { action: action.name, step, n: Date.now(), view: uid });
    model.save_changes();
    stopWaiting();
    stopWaiting = patience(showNote);
  };
  goOn.addEventListener("click", press);
  const update = () => {
    stopWaiting();
    showNote({});
    goOn.textContent = model.get("state").action.label;
  };
  model.on("change:state", update);

  // The question sees its own content; what it sends says which question of the round it belongs to.
  const part = (content) => ({
    get: (name) => (name === "content" ? content.question : model.get(name)),
    set: (name, value) => model.set(name, { ...value, step: content.step }),
    save_changes: () => model.save_changes(),
    on: (...event) => model.on(...event),
    off: (...event) => model.off(...event),
  });
  const summary = ({ title, result, advice, ideas }) => {
    const list = make("ul", { class: "hs-ideas" });
    for (const { topic, missed, place, link } of ideas) {
      list.append(make("li", {}, make("strong", {}, topic), ` (${missed}): `, placeLink(place, link)));
    }
    card.classList.add("hs-card");
    card.append(
      make(
        "div",
        { class: "hs-group", role: "group", "aria-labelledby": `${uid}-title`, "aria-describedby": `${uid}-result`, tabindex: "-1" },
        make("p", { class: "hs-title hs-name", id: `${uid}-title` }, title),
        make("p", { id: `${uid}-result` }, result, " ", advice),
        ideas.length ? list : null,
      ),
      make("div", { class: "hs-actions" }, goOn),
    );
    return keepKeys(card);
  };
  const draw = () => {
    const content = model.get("content");
    cleanUp();
    card?.remove();
    card = make("div");
    el.prepend(card);
    update();
    cleanUp = content.question
      ? renderQuestion({ model: part(content), el: card, more: [goOn] })
      : summary(content.summary);
    card.append(waitingNote);
    if (content.view !== uid) return;
    // Whoever pressed the button goes on in the new question; other views of the round keep their focus.
    card.querySelector(".hs-group").focus();
    spoken.textContent = content.question ? content.question.title : content.summary.title;
  };
  model.on("change:content", draw);
  el.append(spoken);
  draw();
  return () => {
    cleanUp();
    stopWaiting();
    model.off("change:content", draw);
    model.off("change:state", update);
  };
}

function render(view) {
  const { kind } = view.model.get("content");
  const draw = { review: renderReview, practice: renderPractice }[kind] ?? renderQuestion;
  return draw(view);
}

export default { render };
