/** A job's page: reads the service's own responses and shows every part of them as text. */

const MAX_LINES = 5000; // lines kept in the page; a command prints all of them
const EVERY = 1000; // milliseconds between two requests for the stage
const TERMINAL = new Set(["COMPLETED", "ERROR", "CANCELED", "DELETED"]);
const WORDS = { SCHEDULING: "Scheduling", RUNNING: "Running", COMPLETED: "Completed", ERROR: "Error", CANCELED: "Canceled", DELETED: "Deleted" };
// Colours and cursor movements, which this page leaves out.
const ESCAPES = /\u001b(?:\[[0-?]*[ -/]*[@-~]|\][^\u0007\u001b]*(?:\u0007|\u001b\\)|[@-Z\\-_])/g;

const at = location.pathname;
const byId = (id) => document.getElementById(id);
const text = (id, value) => {
  if (byId(id).textContent !== value) byId(id).textContent = value;
};
const show = (id, shown) => {
  byId(id).hidden = !shown;
};

let job = null;
let skew = 0; // milliseconds by which the service's clock is ahead of ours
let cancelling = false;
let asking = false;

/* The log: lines wait for the next frame, so that a flood of them changes the page once. */

const scroll = byId("scroll");
const lines = byId("lines");
let waiting = [];
let received = 0;
let follows = true;
let fresh = false; // the stream starts again: its first line replaces what is shown

function receive(raw) {
  if (typeof raw !== "string") return;
  if (waiting.length === 0) requestAnimationFrame(paint);
  waiting.push(raw);
}

function paint() {
  if (fresh) {
    lines.replaceChildren();
    [fresh, received] = [false, 0];
  }
  const batch = document.createDocumentFragment();
  for (const raw of waiting) {
    received += 1;
    const line = raw.replace(ESCAPES, "");
    // A leading carriage return overwrites the previous line, as in a terminal.
    const over = line.startsWith("\r") ? (batch.lastChild ?? lines.lastChild) : null;
    const shown = `${over ? line.slice(1) : line}\n`;
    if (over) over.textContent = shown;
    else batch.append(Object.assign(document.createElement("span"), { textContent: shown }));
  }
  waiting = [];
  lines.append(batch);
  while (lines.childNodes.length > MAX_LINES) lines.firstChild.remove();
  show("empty", false);
  show("earlier", received > MAX_LINES);
  text("earlier", `Earlier lines are not shown. For the whole log, in a notebook: %hfjobs logs ${at.split("/").pop()} --local`);
  if (follows) scroll.scrollTop = scroll.scrollHeight;
  // Why a job failed stands in its log.
  if (job?.status.stage === "ERROR") showMessage();
}

scroll.addEventListener("scroll", () => {
  follows = scroll.scrollHeight - scroll.scrollTop - scroll.clientHeight < 30;
  show("latest", !follows);
}, { passive: true });
byId("latest").addEventListener("click", () => {
  scroll.scrollTop = scroll.scrollHeight;
});

function follow() {
  const stream = new EventSource(`${at}/logs?tail=${MAX_LINES}`);
  stream.onopen = () => {
    fresh = true;
    text("stream", job && TERMINAL.has(job.status.stage) ? "" : "live");
  };
  stream.onmessage = (event) => receive(JSON.parse(event.data).data);
  // Closed by the service when the job ends; if it was lost, the browser reconnects by itself.
  stream.onerror = () => {
    const over = job !== null && TERMINAL.has(job.status.stage);
    if (over) stream.close();
    text("stream", over ? "" : "connecting…");
    if (over && received === 0 && waiting.length === 0) text("empty", "No lines.");
  };
}

/* Stage and configuration. */

function duration(seconds) {
  const s = Math.max(0, Math.floor(seconds));
  const two = (n) => String(n).padStart(2, "0");
  if (s < 60) return `${s} s`;
  const [hours, minutes] = [Math.floor(s / 3600), Math.floor(s / 60) % 60];
  return hours > 0 ? `${hours}:${two(minutes)}:${two(s % 60)}` : `${minutes}:${two(s % 60)}`;
}

function times(now) {
  const [created, started, finished] = [job.createdAt, job.startedAt, job.finishedAt].map((at) => (at ? Date.parse(at) / 1000 : null));
  if (started === null) return TERMINAL.has(job.status.stage) ? "never ran" : `queued ${duration(now - created)}`;
  if (finished === null) return TERMINAL.has(job.status.stage) ? "" : `running ${duration(now - started)}`;
  return `ran ${duration(finished - started)} · queued ${duration(started - created)}`;
}

const quoted = (word) => (/^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`);
const pairs = (value) => Object.entries(value ?? {}).map(([name, one]) => `${name}=${one}`).join("\n");
const moment = (value) => (value ? new Date(value).toLocaleString(undefined, { dateStyle: "medium", timeStyle: "medium" }) : "");
const volume = (v) => `hf://${v.type}s/${v.source}${v.path ? `/${v.path}` : ""}:${v.mountPath}${v.readOnly ? ":ro" : ""}`;

function facts() {
  return [
    ["Id", job.id, "code"],
    ["Command", [...(job.command ?? []), ...(job.arguments ?? [])].map(quoted).join(" "), "code"],
    ["Hardware asked for", job.flavor ?? ""],
    ["Image asked for", job.dockerImage ?? job.spaceId ?? ""],
    ["Timeout", job.timeout ? duration(job.timeout) : ""],
    ["Attempts", job.retry ? String(job.retry + 1) : ""],
    ["Labels", pairs(job.labels), "code"],
    ["Environment", pairs(job.environment), "code"],
    ["Secrets", (job.secrets ?? []).join("\n"), "code"],
    ["Volumes", (job.volumes ?? []).map(volume).join("\n"), "code"],
    ["Ports", (job.status.exposeUrls ?? []).join("\n"), "code"],
    ["Created", moment(job.createdAt)],
    ["Started", moment(job.startedAt)],
    ["Finished", moment(job.finishedAt)],
  ].filter(([, value]) => value);
}

const HEADER = /Traceback \(most recent call last\):?$/;
const RAISED = /^([A-Za-z_]\w*\.)*([A-Za-z_]\w*)(: .*)?$/;
// Of the cell, or of the script of a job: frames of libraries say nothing of what is to be changed.
const FRAME = /^(?:The cell| *File "\/data\/[^/"]+\.py"), line (\d+)/;

/** The exception that ended the job, as a card says it: "ValueError: too large (line 3)"; empty for another end. */
function raised() {
  // Python ends with this code where nobody catches an exception.
  if (!/exit code: 1\b/.test(job.status.message ?? "")) return "";
  const shown = Array.from(lines.childNodes, (line) => line.textContent.trimEnd());
  const start = shown.findLastIndex((line) => HEADER.test(line));
  if (start < 0) return "";
  const rest = shown.slice(start + 1);
  const end = rest.findIndex((line) => RAISED.test(line));
  if (end < 0) return "";
  const [, , type, message = ""] = RAISED.exec(rest[end]);
  const line = rest.slice(0, end).findLast((one) => FRAME.test(one));
  return `${type}${message}${line ? ` (line ${FRAME.exec(line)[1]})` : ""}`;
}

function showMessage() {
  const message = job.status.message ?? "";
  const why = job.status.stage === "ERROR" ? raised() : "";
  text("message", why || message);
  byId("message").title = why ? message : "";
  show("message", Boolean(message));
}

function render() {
  const stage = job.status.stage;
  const over = TERMINAL.has(stage);
  const name = job.labels?.name ?? job.id;
  document.title = `${WORDS[stage] ?? stage} · ${name}`;
  text("name", name);
  text("stage", WORDS[stage] ?? stage);
  byId("stage").dataset.stage = stage;
  byId("message").dataset.stage = stage;
  showMessage();
  text("times", times((Date.now() + skew) / 1000));
  if (over) text("stream", "");
  show("cancel", !over && !cancelling && !asking);
  show("question", !over && asking);
  show("going", !over && cancelling);
  byId("facts").replaceChildren(
    ...facts().flatMap(([name, value, kind]) => [
      Object.assign(document.createElement("dt"), { textContent: name }),
      Object.assign(document.createElement("dd"), { textContent: value, className: kind ?? "" }),
    ]),
  );
}

/** Take a response that should be the job; throw the service's error if it is one. */
async function take(response) {
  const answer = await response.json();
  if (!response.ok) throw new Error(answer.error);
  skew = Date.parse(response.headers.get("date")) - Date.now() || 0;
  const changed = JSON.stringify(answer) !== JSON.stringify(job);
  job = answer;
  if (changed) render();
  else text("times", times((Date.now() + skew) / 1000));
  show("problem", false);
}

async function watch() {
  try {
    await take(await fetch(`${at}/state`));
    if (TERMINAL.has(job.status.stage)) return;
  } catch (error) {
    // fetch throws a TypeError if there is no response.
    text("problem", error instanceof TypeError ? "The local service is not responding. Trying again…" : error.message);
    show("problem", true);
  }
  setTimeout(watch, EVERY);
}

function ask(on) {
  asking = on;
  render();
  // Keep has the focus: pressing Enter once too often must not cancel a job.
  byId(on ? "keep" : "cancel").focus();
}

byId("cancel").addEventListener("click", () => ask(true));
byId("keep").addEventListener("click", () => ask(false));
byId("question").addEventListener("keydown", (event) => {
  if (event.key === "Escape") ask(false);
});
byId("yes").addEventListener("click", async () => {
  [asking, cancelling] = [false, true];
  render();
  try {
    await take(await fetch(`${at}/cancel`, { method: "POST" }));
  } catch (error) {
    cancelling = false;
    render();
    text("problem", `The job could not be cancelled: ${error.message}`);
    show("problem", true);
  }
});

await watch();
follow();
