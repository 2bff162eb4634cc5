// What several questions ask in the same way: a day, and another item.

const MORNING_HOUR = 9;

// What one usually snoozes until, as options of a question.
function daysAhead(until) {
  const ahead = [
    ["T", "Tomorrow", morning((day) => day.setDate(day.getDate() + 1))],
    ["W", "Next week", morning((day) => day.setDate(day.getDate() + ((8 - day.getDay()) % 7 || 7)))],
    ["M", "Next month", morning((day) => day.setMonth(day.getMonth() + 1, 1))],
  ];
  return ahead.map(([key, label, moment]) => ({ key, label, detail: dayInWords(moment), choose: () => until(moment) }));
}

function dateQuestion(inbox, until) {
  return {
    name: "date",
    title: "Snooze until which day?",
    options: [],
    field: {
      label: "The day",
      type: "date",
      begin: true,
      enter(text) {
        const moment = new Date(`${text}T0${MORNING_HOUR}:00`);
        if (Number.isNaN(moment.getTime())) return;
        inbox.chooser.close();
        until(moment);
      },
    },
    note: "Enter snoozes it; it comes back at nine in the morning.",
  };
}

// Asks the server, and shows what it found while the question still stands; `without` is the id of the one that asks.
function findOthers(inbox, without, text, option, among) {
  const asked = inbox.chooser.question;
  if (!text.trim()) return inbox.chooser.setOptions(asked.options);
  return inbox.search(text.trim(), (items) => {
    if (inbox.chooser.question !== asked) return;
    inbox.chooser.setOptions(items.filter((one) => one.id !== without).map((one) => option(one)), "Nothing matches.");
  }, among);
}

function morning(move) {
  const day = new Date();
  day.setHours(MORNING_HOUR, 0, 0, 0);
  move(day);
  return day;
}

function dayInWords(moment) {
  return moment.toLocaleDateString(undefined, { weekday: "short", day: "numeric", month: "short" });
}
