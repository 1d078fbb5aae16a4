package io.redoubt.junit;

import io.redoubt.embedded.EmbeddedGroup;
import java.net.InetSocketAddress;
import java.net.URI;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** A master with replicas and sentinels. */
final class GroupFixture implements Fixture {
  private final EmbeddedGroup group;

  GroupFixture(EmbeddedGroup group) {
    this.group = group;
  }

  @Override
  public InetSocketAddress address() {
    return group.address();
  }

  @Override
  public URI uri() {
    return group.uri();
  }

  @Override
  public EmbeddedGroup subject() {
    return group;
  }

  @Override
  public void reset() {
    group.repair();
    group.master().execute("FLUSHALL");
    group.awaitInStep();
  }

  @Override
  public String report() {
    return Stream.concat(group.servers().stream(), group.sentinels().stream())
        .map(Reports::of)
        .collect(Collectors.joining());
  }

  @Override
  public void close() {
    group.close();
  }
}
