package io.redoubt.embedded;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.List;
import jdk.jfr.Recording;
import jdk.jfr.consumer.RecordedEvent;
import jdk.jfr.consumer.RecordingFile;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The steps of a failover as events of JDK Flight Recorder. */
final class FailoverEventsTest {
  @TempDir private Path directory;

  @Test
  void recordsTheStepsOfAFailover() throws Exception {
    Path file = directory.resolve("events.jfr");
    try (Recording recording = new Recording();
        EmbeddedGroup group = Redoubt.group().replicas(1).sentinels(3).start()) {
      recording.start();
      GroupMember old = group.master();
      old.kill();
      group.awaitNewMaster(old);
      recording.dump(file);
    }
    List<RecordedEvent> steps =
        RecordingFile.readAllEvents(file).stream()
            .filter(event -> event.getEventType().getName().equals("redoubt.FailoverStep"))
            .toList();
    for (String step : List.of("+sdown", "+elected-leader", "+promoted-slave", "+switch-master")) {
      assertThat(steps)
          .as(step)
          .anyMatch(each ->
              each.getString("step").equals(step) && each.getString("details").contains("127."));
    }
  }
}
