// Who is where, in one sentence that two people can read to each other. Pure.

/** "Room 3 = J.S. 1984 = monitor-b7". */
export function sentence(room, patient, device) {
  return [room, [patient.label, patient.birth_year].filter((part) => part !== null && part !== undefined).join(" "), device].join(" = ");
}

/** Whether what was typed is the device's label: letters and digits count, not case, spaces or dashes. Never where there are none. */
export function isSameLabel(typed, device) {
  const plain = (label) => label.toLowerCase().replace(/[^\p{L}\p{N}]/gu, "");
  return plain(typed) !== "" && plain(typed) === plain(device);
}
