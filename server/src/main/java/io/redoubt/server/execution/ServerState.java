package io.redoubt.server.execution;

/** The states the server is in, as far as they refuse commands. Set by the parts that know. */
public final class ServerState {
  private int mask;

  /** Enters or leaves a state. */
  public void set(Refusal refusal, boolean in) {
    mask = in ? mask | refusal.bit() : mask & ~refusal.bit();
  }

  /** Whether the server is in a state. */
  public boolean is(Refusal refusal) {
    return (mask & refusal.bit()) != 0;
  }

  /** The states as a mask of {@link Refusal#bit()}. */
  public int mask() {
    return mask;
  }
}
