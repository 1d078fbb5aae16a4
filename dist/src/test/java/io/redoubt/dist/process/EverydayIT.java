package io.redoubt.dist.process;

import io.redoubt.dist.process.ClientPrograms.Library;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Everyday use of Debian's redis-py and redis-rb and of ioredis: data types, pipelines,
 * transactions, pub/sub, blocking pops, scripts, scans, locks, streams, and client-side caching by
 * redirection. The same scripts pass against a real Redis.
 */
final class EverydayIT {
  @RegisterExtension private final Nodes nodes = new Nodes();

  @ParameterizedTest
  @EnumSource
  void passes(Kind kind) throws Exception {
    NodeProcess server = nodes.server(kind);
    for (Library library : Library.values()) {
      ClientPrograms.passes(library, nodes.folder("scripts"), "everyday", server.port() + "");
    }
  }
}
