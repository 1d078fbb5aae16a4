package io.redoubt.server.execution;

import io.redoubt.protocol.command.CommandError;
import java.util.EnumMap;
import java.util.Map;

/** The states the server is in, as far as they refuse commands. Set by the parts that know. */
public final class ServerState {
  private int mask;
  private final Map<Refusal, CommandError> reasons = new EnumMap<>(Refusal.class);

  /** Enters or leaves a state. */
  public void set(Refusal refusal, boolean in) {
    mask = in ? mask | refusal.bit() : mask & ~refusal.bit();
  }

  /** Sets what is replied in a state, in place of its usual error. */
  public void reason(Refusal refusal, String error) {
    reasons.put(refusal, new CommandError(error));
  }

  /** The error of the first of these states in the order of checking. */
  public CommandError error(int refused) {
    Refusal first = Refusal.first(refused);
    CommandError reason = reasons.get(first);
    return reason == null ? first.error() : reason;
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
