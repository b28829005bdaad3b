const DEVICE = /^(?:con|prn|aux|nul|com[1-9¹²³]|lpt[1-9¹²³]|conin\$|conout\$)(?: *\..*)?$/i

/** True for what Windows takes for a device whatever the folder: "NUL", "con.txt", "COM1.tar.gz". */
export function isReservedName(segment: string): boolean {
  return DEVICE.test(segment)
}
