package io.redoubt.embedded;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.logging.Handler;
import java.util.logging.Level;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import org.junit.jupiter.api.Test;

/** The log of a group whose members fail, in a program that configures no logging. */
final class QuietGroupTest {
  private final Logger logger = Logger.getLogger("io.redoubt");
  private final List<String> shown = new CopyOnWriteArrayList<>();

  private final Handler handler =
      new Handler() {
        @Override
        public void publish(LogRecord message) {
          if (message.getLevel().intValue() >= Level.INFO.intValue()) {
            shown.add(message.getMessage());
          }
        }

        @Override
        public void flush() {}

        @Override
        public void close() {}
      };

  @Test
  void aFailoverPrintsNothing() {
    logger.addHandler(handler);
    try (EmbeddedGroup group = Redoubt.group().replicas(1).sentinels(3).start()) {
      GroupMember old = group.master();
      old.kill();
      group.awaitNewMaster(old);
      old.start();
      group.awaitInStep();
      assertThat(group.sentinels().getFirst().log())
          .anyMatch(line -> line.contains("+switch-master"));
    } finally {
      logger.removeHandler(handler);
    }
    assertThat(shown).isEmpty();
  }
}
