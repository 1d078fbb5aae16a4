package io.redoubt.protocol.command;

/** The access of a command to the keys of one key spec. Declared in the order of COMMAND INFO. */
public enum KeyFlag {
  /** Reads the value, not necessarily returning it. */
  RO("RO"),
  /** Modifies the value, keeping part of it or reading it. */
  RW("RW"),
  /** Overwrites the value without reading it. */
  OW("OW"),
  /** Removes the key. */
  RM("RM"),
  /** Returns, copies or acts on the user's data in the value. */
  ACCESS("access"),
  /** Changes the user's data in the value. */
  UPDATE("update"),
  /** Adds data without changing existing data. */
  INSERT("insert"),
  /** Deletes data of the value. */
  DELETE("delete"),
  /** Not a key, but routed like one. */
  NOT_KEY("not_key"),
  /** The spec may miss keys. */
  INCOMPLETE("incomplete"),
  /** Some arguments change the access. */
  VARIABLE_FLAGS("variable_flags");

  private final String label;

  KeyFlag(String label) {
    this.label = label;
  }

  /** Returns the name in COMMAND INFO. */
  public String label() {
    return label;
  }

  public int bit() {
    return 1 << ordinal();
  }

  /** Returns the bits of all these flags. */
  static int mask(KeyFlag... flags) {
    int mask = 0;
    for (KeyFlag flag : flags) {
      mask |= flag.bit();
    }
    return mask;
  }

  public static boolean any(int mask, KeyFlag... flags) {
    return (mask & mask(flags)) != 0;
  }
}
