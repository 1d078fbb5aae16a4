package io.redoubt.protocol.machine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class StepQueueTest {
  private final List<String> log = new ArrayList<>();
  private final StepQueue<String> queue = new StepQueue<>(this::step);
  private @Nullable Runnable within;

  private void step(String input) {
    log.add("start " + input);
    Runnable action = within;
    within = null;
    if (action != null) {
      action.run();
    }
    log.add("end " + input);
  }

  @Test
  void postponesInputsOfAStepToItsEnd() {
    within =
        () -> {
          queue.submit("b");
          queue.submit("c");
        };
    queue.submit("a");
    assertThat(log).containsExactly("start a", "end a", "start b", "end b", "start c", "end c");
  }

  @Test
  void ignoresInputsOnceStopped() {
    within =
        () -> {
          queue.submit("b");
          queue.stop();
        };
    queue.submit("a");
    queue.submit("c");
    assertThat(log).containsExactly("start a", "end a");
  }

  @Test
  void refusesAnOrderWithinAStepOnly() {
    queue.requireIdle();
    within = () -> assertThatThrownBy(queue::requireIdle).hasMessageContaining("within a step");
    queue.submit("a");
    queue.requireIdle();
  }

  @Test
  void continuesAfterAStepThatFails() {
    within =
        () -> {
          throw new IllegalArgumentException("planned");
        };
    assertThatThrownBy(() -> queue.submit("a")).hasMessage("planned");
    queue.submit("b");
    assertThat(log).containsExactly("start a", "start b", "end b");
  }

  @Test
  void persistsAChangedStateBeforeOtherOutputs() {
    Outbox<String> outbox = new Outbox<>();
    outbox.emit("vote");
    outbox.markStateChanged();
    assertThat(outbox.end(first -> first.add("persist"))).containsExactly("persist", "vote");
    outbox.emit("ping");
    assertThat(outbox.end(first -> first.add("persist"))).containsExactly("ping");
  }
}
