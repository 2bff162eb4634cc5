// What a person did here and the server has not answered yet. The frame's value always carries all of it, because
// Streamlit keeps only the newest value of a frame that waits for a running script.

class Outbox {
  constructor(send) {
    this.send = send;
    this.edits = [];
    this.last = 0;
    this.wishes = {}; // the newest wish of each kind: open, bulk, sort, columns
  }

  // A number that is larger than every one before it, also than those of a frame that was here before this one.
  next() {
    this.last = Math.max(this.last + 1, Date.now());
    return this.last;
  }

  edit(id, version, field, value) {
    this.edits.push({ sequence: this.next(), id, version, field, value });
    this.flush();
  }

  wish(kind, value) {
    this.wishes[kind] = { sequence: this.next(), value };
    this.flush();
  }

  flush() {
    this.send({ edits: this.edits, wishes: this.wishes });
  }

  // Forgets what the row of each edit says is answered; gives the edits that are still under way.
  settle(answered) {
    this.edits = this.edits.filter((edit) => !(answered(edit.id) >= edit.sequence));
    return this.edits;
  }
}

function sendToServer(value) {
  window.parent.postMessage(
    { isStreamlitMessage: true, type: "streamlit:setComponentValue", dataType: "json", value },
    "*",
  );
}
