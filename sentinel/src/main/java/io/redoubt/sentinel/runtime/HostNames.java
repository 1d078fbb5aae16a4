package io.redoubt.sentinel.runtime;

import io.redoubt.protocol.net.Loop;
import io.redoubt.protocol.net.NameLookup;
import io.redoubt.protocol.process.Threads;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.BiConsumer;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Resolves host names, each by at most one thread at a time. If a resolution fails or is too slow,
 * the last address remains in use. Confined to the event loop.
 */
public final class HostNames {
  /** The duration of a resolution after which the last address is used. */
  private static final int LOOKUP_TIMEOUT_MILLIS = 500;

  private static final class Waiter {
    private final Consumer<@Nullable InetAddress> then;
    private boolean served;

    Waiter(Consumer<@Nullable InetAddress> then) {
      this.then = then;
    }

    void serve(@Nullable InetAddress address) {
      if (!served) {
        served = true;
        then.accept(address);
      }
    }
  }

  private final Loop loop;
  private final Threads threads;
  private final NameLookup lookup;
  private final BiConsumer<String, InetAddress> changed;

  /** The last known address by name. */
  private final Map<String, InetAddress> known = new HashMap<>();

  /** The callbacks that await a resolution, by name. */
  private final Map<String, List<Waiter>> waiters = new HashMap<>();

  /**
   * Creates an empty cache.
   *
   * @param changed called on the event loop with each name whose address has changed
   */
  HostNames(
      Loop loop, Threads threads, NameLookup lookup, BiConsumer<String, InetAddress> changed) {
    this.loop = loop;
    this.threads = threads;
    this.lookup = lookup;
    this.changed = changed;
  }

  /**
   * Resolves a name.
   *
   * @param then called on the event loop with the address, null if the name never resolved
   */
  void find(String name, Consumer<@Nullable InetAddress> then) {
    Waiter waiter = new Waiter(then);
    List<Waiter> others = waiters.get(name);
    if (others == null) {
      waiters.put(name, new ArrayList<>(List.of(waiter)));
      threads.unstarted("resolve " + name, () -> lookUp(name)).start();
    } else {
      others.add(waiter);
    }
    InetAddress last = known.get(name);
    if (last != null) {
      loop.schedule(() -> waiter.serve(last), LOOKUP_TIMEOUT_MILLIS);
    }
  }

  private void lookUp(String name) {
    InetAddress found = null;
    try {
      found = lookup.find(name);
    } catch (UnknownHostException e) {
      // Keep the last address.
    }
    InetAddress address = found;
    loop.report(() -> finish(name, address));
  }

  private void finish(String name, @Nullable InetAddress found) {
    List<Waiter> served = waiters.remove(name);
    if (found != null && !found.equals(known.put(name, found))) {
      changed.accept(name, found);
    }
    if (served != null) {
      InetAddress last = known.get(name);
      served.forEach(waiter -> waiter.serve(last));
    }
  }
}
