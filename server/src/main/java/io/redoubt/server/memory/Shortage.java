package io.redoubt.server.memory;

/** The resources whose shortage makes the server refuse writes: only a reserve is left. */
public enum Shortage {
  /** No shortage. */
  NONE(""),
  /** The near part of the region, for entries: 32 GiB, or less if less was reserved. */
  NEAR("the address space for keys and small values is exhausted"),
  /** The far part of the region, for tables, large values and buffers. */
  FAR("the address space for tables and large values is exhausted"),
  /** The memory available to the control group of the process, or to the machine. */
  LIMIT("the memory limit of the server's control group is reached");

  private final String text;

  Shortage(String text) {
    this.text = text;
  }

  /** Returns the clause of an error message that names the shortage. */
  public String text() {
    return text;
  }
}
