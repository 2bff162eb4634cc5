// What each decision about findings asks before it is made.

// `feed` is the controller; `ids` are the findings that are decided, `detail` what is known where it is one.
const FINDING_QUESTIONS = {
  convert(feed, ids) {
    const convert = () => feed.decide(ids, "convert", {}, "Converted");
    return {
      name: "convert",
      title: `Convert ${ids.length} findings, each as it suggests?`,
      options: [{ key: "1", label: `Make ${ids.length} enhancements`, choose: convert }],
      note: "One undo takes all of them back.",
    };
  },

  attach(feed, ids, detail) {
    const option = (one, key) => ({
      key,
      label: `#${one.id} ${one.title}`,
      detail: one.why ? `${one.status} · ${one.why}` : one.status,
      choose: () => feed.decide(ids, "attach", { enhancement: one.id }, `Attached to #${one.id}`),
    });
    const candidates = (detail?.candidates ?? []).slice(0, 5);
    return {
      name: "attach",
      title: "For which enhancement is it evidence?",
      options: candidates.map((one, place) => option(one, String(place + 1))),
      field: {
        label: "Another one: # and its number, or words",
        begin: !candidates.length,
        typed: (text) => findOthers(feed, null, text, (one) => option(one), "enhancement"),
      },
    };
  },

  reject(feed, ids) {
    const because = (text) => feed.decide(ids, "reject", { reason: text || null }, text ? `Rejected: ${text}` : "Rejected");
    return {
      name: "reject",
      title: "Why not?",
      options: [
        ...feed.choices.reasons.map(([key, text]) => ({ key, label: text, choose: () => because(text) })),
        { key: "0", label: "Without a reason", choose: () => because("") },
      ],
      field: {
        label: "Or write why, then Enter",
        enter: (text) => {
          feed.chooser.close();
          because(text);
        },
      },
    };
  },

  snooze(feed, ids) {
    const until = (moment) => feed.decide(ids, "snooze", { until: moment.toISOString() }, `Snoozed until ${dayInWords(moment)}`);
    return {
      name: "snooze",
      title: "Snooze until when?",
      options: [
        ...daysAhead(until),
        { key: "D", label: "A date…", keepsOpen: true, choose: () => feed.chooser.ask(dateQuestion(feed, until)) },
      ],
    };
  },

  merge(feed, ids, detail) {
    const option = (one, key) => ({
      key,
      label: one.title,
      detail: one.why,
      choose: () => feed.decide(ids, "merge", { canonical: one.id }, "Said to be the same"),
    });
    const related = (detail?.related ?? []).slice(0, 5);
    return {
      name: "merge",
      title: "The same as which finding?",
      options: related.map((one, place) => option(one, String(place + 1))),
      field: {
        label: "Another one: words of it",
        begin: !related.length,
        typed: (text) => findOthers(feed, ids[0], text, (one) => option(one), "finding"),
      },
      note: "The other one stays and says where else it was seen. The answer teaches what counts as the same.",
    };
  },
};
