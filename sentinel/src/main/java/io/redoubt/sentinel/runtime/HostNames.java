package io.redoubt.sentinel.runtime;

import io.redoubt.protocol.net.Loop;
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
 * Finds the addresses of hosts, each name by one thread at a time. A name that is not found any
 * more, or not soon enough, has the address that it had last. Belongs to the loop.
 */
public final class HostNames {
  /** How long a look-up may take before the address of the one before is used. */
  private static final int PATIENCE_MILLIS = 500;

  /** Asks whoever knows names; may take its time. */
  @FunctionalInterface
  public interface Lookup {
    /** The address of a host. */
    InetAddress find(String name) throws UnknownHostException;

    /** What the machine knows. */
    static Lookup ofSystem() {
      return InetAddress::getByName;
    }
  }

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
  private final Lookup lookup;
  private final BiConsumer<String, InetAddress> changed;

  /** Where names were found last. */
  private final Map<String, InetAddress> known = new HashMap<>();

  /** Who waits for a look-up that is under way. */
  private final Map<String, List<Waiter>> waiters = new HashMap<>();

  /**
   * Knows nothing yet.
   *
   * @param changed hears on the loop of names that were found at another address than before
   */
  HostNames(Loop loop, Threads threads, Lookup lookup, BiConsumer<String, InetAddress> changed) {
    this.loop = loop;
    this.threads = threads;
    this.lookup = lookup;
    this.changed = changed;
  }

  /**
   * Looks a name up.
   *
   * @param then takes the address on the loop, null when there never was one
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
      loop.schedule(() -> waiter.serve(last), PATIENCE_MILLIS);
    }
  }

  private void lookUp(String name) {
    InetAddress found = null;
    try {
      found = lookup.find(name);
    } catch (UnknownHostException e) {
      // Then it is where it was.
    }
    InetAddress address = found;
    loop.execute(() -> ended(name, address));
  }

  private void ended(String name, @Nullable InetAddress found) {
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
