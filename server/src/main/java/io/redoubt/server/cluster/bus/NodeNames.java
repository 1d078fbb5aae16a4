package io.redoubt.server.cluster.bus;

import io.redoubt.protocol.net.Addresses;
import io.redoubt.protocol.net.Loop;
import io.redoubt.protocol.net.NameLookup;
import io.redoubt.protocol.process.Threads;
import io.redoubt.server.cluster.core.Input;
import java.net.UnknownHostException;
import java.util.function.Consumer;

/**
 * Resolves host names of nodes, each on a thread of its own, because DNS may be slow. The state
 * machine limits the number of concurrent lookups.
 */
final class NodeNames {
  private final Loop loop;
  private final Threads threads;
  private final NameLookup lookup;
  private final Consumer<Input> inputs;

  /**
   * Creates the resolver.
   *
   * @param inputs receives the answers on the event loop
   */
  NodeNames(BusParts parts, Consumer<Input> inputs) {
    this.loop = parts.transport().loop();
    this.threads = parts.threads();
    this.lookup = parts.names();
    this.inputs = inputs;
  }

  /** Starts to resolve a name. */
  void resolve(String name) {
    threads
        .unstarted(
            "resolve " + name,
            () -> {
              Input answer = new Input.Resolved(name, address(name));
              loop.report(() -> inputs.accept(answer));
            })
        .start();
  }

  /** Returns the address of a name, empty if it has none. */
  private String address(String name) {
    try {
      return Addresses.ip(lookup.find(name));
    } catch (UnknownHostException e) {
      return "";
    }
  }
}
