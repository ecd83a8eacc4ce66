// Names that Windows keeps for devices, with or without an extension. Source: Microsoft Learn, "Naming Files, Paths, and
// Namespaces".

/** Matches the name of the device at the start of a file name. */
export const windowsDevice = /^(con|prn|aux|nul|com[0-9¹²³]|lpt[0-9¹²³])(?=$|\.)/i;
