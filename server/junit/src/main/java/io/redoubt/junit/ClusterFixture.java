package io.redoubt.junit;

import io.redoubt.embedded.EmbeddedCluster;
import io.redoubt.embedded.GroupMember;
import java.net.InetSocketAddress;
import java.net.URI;
import java.util.stream.Collectors;

/** A cluster. */
final class ClusterFixture implements Fixture {
  private final EmbeddedCluster cluster;

  ClusterFixture(EmbeddedCluster cluster) {
    this.cluster = cluster;
  }

  @Override
  public InetSocketAddress address() {
    return cluster.master(0).address();
  }

  @Override
  public URI uri() {
    return cluster.uri();
  }

  @Override
  public EmbeddedCluster subject() {
    return cluster;
  }

  @Override
  public void reset() {
    cluster.repair();
    for (GroupMember master : cluster.masters()) {
      master.execute("FLUSHALL");
    }
    cluster.awaitInStep();
  }

  @Override
  public String report() {
    return cluster.nodes().stream().map(Reports::of).collect(Collectors.joining());
  }

  @Override
  public void close() {
    cluster.close();
  }
}
