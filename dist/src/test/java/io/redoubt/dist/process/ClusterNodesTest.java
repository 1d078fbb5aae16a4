package io.redoubt.dist.process;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Extracts the error from the output of redis-cli. */
final class ClusterNodesTest {
  @ParameterizedTest
  @CsvSource({
    "'>>> Plan\nMoving slot 1\n\u001b[31;1m[ERR] Not all slots are covered.\u001b[0m\n\n',"
        + "[ERR] Not all slots are covered.",
    "'plan\n[ERR] Node 127.0.0.1:1 replied with error:\nERR no\nmore\n',"
        + "[ERR] Node 127.0.0.1:1 replied with error: ERR no",
    "'Could not connect to Redis at 127.0.0.1:1\n',Could not connect to Redis at 127.0.0.1:1",
    "'Moving slot 1\nMoving slot 2\n',Moving slot 2",
    "'',no output"
  })
  void findsTheError(String output, String error) {
    assertThat(ClusterNodes.error(output)).isEqualTo(error);
  }
}
