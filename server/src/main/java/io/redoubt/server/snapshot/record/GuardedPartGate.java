package io.redoubt.server.snapshot.record;

import io.redoubt.server.structure.PartGate;
import java.util.function.Consumer;

/**
 * Guards a gate that may run out of memory: the command that is about to change something
 * continues, and the snapshot, which then lacks a pre-image, fails. After a failure the guarded
 * gate is not called any more.
 */
final class GuardedPartGate implements PartGate {
  private final PartGate gate;
  private final Consumer<OutOfMemoryError> onFailure;
  private boolean failed;

  /** Creates a guard that reports the first failure of a gate. */
  GuardedPartGate(PartGate gate, Consumer<OutOfMemoryError> onFailure) {
    this.gate = gate;
    this.onFailure = onFailure;
  }

  private void fail(OutOfMemoryError full) {
    failed = true;
    onFailure.accept(full);
  }

  @Override
  public void beforeElement(long table, long hash) {
    if (failed) {
      return;
    }
    try {
      gate.beforeElement(table, hash);
    } catch (OutOfMemoryError full) {
      fail(full);
    }
  }

  @Override
  public void beforeNode(long list, long node) {
    if (failed) {
      return;
    }
    try {
      gate.beforeNode(list, node);
    } catch (OutOfMemoryError full) {
      fail(full);
    }
  }

  @Override
  public void onAdded(long list, long node) {
    if (failed) {
      return;
    }
    try {
      gate.onAdded(list, node);
    } catch (OutOfMemoryError full) {
      fail(full);
    }
  }

  @Override
  public boolean takes(long list, long node, long after) {
    if (failed) {
      return false;
    }
    try {
      return gate.takes(list, node, after);
    } catch (OutOfMemoryError full) {
      fail(full);
      return false;
    }
  }

  @Override
  public void beforeStreamNode(long stream, long element) {
    if (failed) {
      return;
    }
    try {
      gate.beforeStreamNode(stream, element);
    } catch (OutOfMemoryError full) {
      fail(full);
    }
  }

  @Override
  public void beforePending(long group, long high, long low) {
    if (failed) {
      return;
    }
    try {
      gate.beforePending(group, high, low);
    } catch (OutOfMemoryError full) {
      fail(full);
    }
  }

  @Override
  public boolean takesGroup(long group) {
    if (failed) {
      return false;
    }
    try {
      return gate.takesGroup(group);
    } catch (OutOfMemoryError full) {
      fail(full);
      return false;
    }
  }
}
