package io.redoubt.protocol.net;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** Ports that several tests of a process get before any of them binds one. */
class FreePortsTest {
  @Test
  void givesNoPortTwice() {
    List<Integer> ports =
        IntStream.range(0, 400).parallel().mapToObj(each -> FreePorts.one()).toList();

    assertThat(ports).doesNotHaveDuplicates();
  }
}
