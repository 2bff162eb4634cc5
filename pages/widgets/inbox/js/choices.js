// What each decision asks before it is made.

// `inbox` is the controller: decide(kind, what, words), search(text, then) and the choices of the page.
const QUESTIONS = {
  merge(inbox, row, detail) {
    const candidates = (detail?.candidates ?? []).slice(0, 5);
    const option = (one, key) => ({
      key,
      label: `#${one.id} ${one.title}`,
      detail: one.why ? `${one.status} · ${one.why}` : one.status,
      choose: () => inbox.decide("merge", { original: one.id }, `Merged into #${one.id}`),
    });
    return {
      name: "merge",
      title: "Merge into which one?",
      options: candidates.map((one, place) => option(one, String(place + 1))),
      field: {
        label: "Another one: # and its number, or words",
        begin: !candidates.length,
        typed: (text) => findOthers(inbox, row.id, text, (one) => option(one)),
      },
      note: "Its comments, evidence and links move along. Undo takes the two apart again.",
    };
  },

  reject(inbox) {
    const because = (text) => inbox.decide("reject", { reason: text }, `Rejected: ${text}`);
    return {
      name: "reject",
      title: "Why not?",
      options: inbox.choices.reasons.map(([key, text]) => ({ key, label: text, choose: () => because(text) })),
      field: {
        label: "Or write why, then Enter",
        enter: (text) => {
          if (!text) return;
          inbox.chooser.close();
          because(text);
        },
      },
    };
  },

  snooze(inbox, row) {
    const until = (moment) => inbox.decide("snooze", { until: moment.toISOString() }, `Snoozed until ${dayInWords(moment)}`);
    return {
      name: "snooze",
      title: "Snooze until when?",
      options: [
        ...daysAhead(until),
        { key: "D", label: "A date…", keepsOpen: true, choose: () => inbox.chooser.ask(dateQuestion(inbox, until)) },
        { key: "U", label: "Until another one is done…", keepsOpen: true, choose: () => inbox.chooser.ask(doneQuestion(inbox, row)) },
      ],
    };
  },

  assign(inbox) {
    const { me, people } = inbox.choices;
    const give = (name) => inbox.decide("assign", { assignee: name }, name ? `Assigned to ${name}` : "Assigned to nobody");
    const others = people.filter((name) => name !== me);
    const options = (text) => {
      const wanted = text.trim().toLowerCase();
      const fitting = others.filter((name) => name.toLowerCase().includes(wanted)).slice(0, 9);
      const listed = fitting.map((name, place) => ({ key: String(place + 1), label: name, choose: () => give(name) }));
      if (!wanted) return [{ key: "M", label: `Me (${me})`, choose: () => give(me) }, ...listed, { key: "0", label: "Nobody", choose: () => give(null) }];
      const known = others.some((name) => name.toLowerCase() === wanted);
      return known ? listed : [...listed, { label: `Somebody new: ${text.trim()}`, choose: () => give(text.trim()) }];
    };
    return {
      name: "assign",
      title: "Who works on it?",
      options: options(""),
      field: {
        label: "A name (press / to type)",
        typed: (text) => inbox.chooser.setOptions(options(text)),
        // What was typed a moment ago may not have reached the list yet.
        enter: (text) => inbox.chooser.choose(options(text)[inbox.chooser.at] ?? options(text)[0]),
      },
    };
  },

  priority(inbox) {
    return {
      name: "priority",
      title: "How urgent is it?",
      options: URGENCIES.map((name, place) => ({
        key: String(place + 1),
        label: inWords(name),
        choose: () => inbox.decide("prioritise", { priority: name }, `Priority ${name}`),
      })),
    };
  },
};

function doneQuestion(inbox, row) {
  const option = (one) => ({
    label: `#${one.id} ${one.title}`,
    detail: one.status,
    choose: () => inbox.decide("snooze", { until_done: one.id }, `Snoozed until #${one.id} is done`),
  });
  return {
    name: "until-done",
    title: "Until which one is done?",
    options: [],
    field: { label: "# and its number, or words", begin: true, typed: (text) => findOthers(inbox, row.id, text, option) },
    note: "It comes back by itself when that one is done or closed.",
  };
}
