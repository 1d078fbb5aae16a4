package io.redoubt.protocol.machine;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;

/**
 * The outputs of a machine's step in progress. If the step has changed the state, the request to
 * persist it precedes all of them, so that nobody hears of a state that a crash could undo.
 *
 * @param <O> the type of outputs
 */
public final class Outbox<O> {
  private final List<O> outputs = new ArrayList<>();
  private boolean stateChanged;

  public void emit(O output) {
    outputs.add(output);
  }

  /** Requests that the state is persisted before the outputs of this step. */
  public void markStateChanged() {
    stateChanged = true;
  }

  /**
   * Ends the step and returns its outputs in order.
   *
   * @param persist adds the request to persist the state; called only if it has changed
   */
  public List<O> end(Consumer<List<O>> persist) {
    List<O> result = new ArrayList<>(outputs.size() + 2);
    if (stateChanged) {
      stateChanged = false;
      persist.accept(result);
    }
    result.addAll(outputs);
    outputs.clear();
    return result;
  }
}
