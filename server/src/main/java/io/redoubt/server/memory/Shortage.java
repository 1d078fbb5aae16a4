package io.redoubt.server.memory;

/** The resource of which only a reserve is left, so that writes are refused. */
public enum Shortage {
  /** Nothing. */
  NONE(""),
  /** The near part of the region, for entries: 32 GiB, or less where less was reserved. */
  NEAR("the address space for keys and small values is exhausted"),
  /** The far part of the region, for tables, large values and buffers. */
  FAR("the address space for tables and large values is exhausted"),
  /** The memory that the control group of the process, or the machine, may give it. */
  LIMIT("the memory limit of the server's control group is reached");

  private final String text;

  Shortage(String text) {
    this.text = text;
  }

  /** Returns the part of a sentence that names it. */
  public String text() {
    return text;
  }
}
