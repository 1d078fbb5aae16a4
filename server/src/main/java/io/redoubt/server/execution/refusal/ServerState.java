package io.redoubt.server.execution.refusal;

import io.redoubt.protocol.command.CommandError;
import java.util.EnumMap;
import java.util.Map;
import java.util.function.BooleanSupplier;

/** The states in which the server refuses commands, set by the parts responsible for them. */
public final class ServerState {
  private int mask;
  private int conditional;
  private final Map<Refusal, BooleanSupplier> conditions = new EnumMap<>(Refusal.class);
  private final Map<Refusal, CommandError> reasons = new EnumMap<>(Refusal.class);

  /** Enters or leaves a state. */
  public void set(Refusal refusal, boolean in) {
    mask = in ? mask | refusal.bit() : mask & ~refusal.bit();
  }

  /**
   * Makes an entered state depend on a condition, which is tested at each command that the state
   * would refuse.
   */
  public void condition(Refusal refusal, BooleanSupplier holds) {
    conditions.put(refusal, holds);
    conditional |= refusal.bit();
  }

  /** Returns the current ones of the given states, as a mask. */
  public int among(int states) {
    int in = mask & states;
    return (in & conditional) == 0 ? in : withoutUnmet(in);
  }

  private int withoutUnmet(int in) {
    int met = in;
    for (int rest = in & conditional; rest != 0; rest &= rest - 1) {
      BooleanSupplier holds = conditions.get(Refusal.first(rest));
      if (holds != null && !holds.getAsBoolean()) {
        met &= ~Integer.lowestOneBit(rest);
      }
    }
    return met;
  }

  /** Replaces the usual error of a state. */
  public void reason(Refusal refusal, String error) {
    reasons.put(refusal, new CommandError(error));
  }

  /** Returns the error of the first of these states in the order of the checks. */
  public CommandError error(int refused) {
    Refusal first = Refusal.first(refused);
    CommandError reason = reasons.get(first);
    return reason == null ? first.error() : reason;
  }

  public boolean is(Refusal refusal) {
    return (mask & refusal.bit()) != 0;
  }

  /**
   * Returns true if the data set is complete; an incomplete one must be neither shown nor saved.
   */
  public boolean isDataWhole() {
    return (mask & (Refusal.LOADING.bit() | Refusal.INCOMPLETE.bit())) == 0;
  }

  /** Returns the states as a mask of {@link Refusal#bit()}. */
  public int mask() {
    return mask;
  }
}
