package io.redoubt.server.cluster.routing;

import io.redoubt.server.cluster.core.Cluster;
import io.redoubt.server.cluster.core.Node;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Decides whether this node executes a request (a command, or a transaction with all its commands)
 * or refuses or redirects it. The caller begins a request, adds its keys, and asks for the
 * decision. Allocates only for a refusal.
 *
 * <p>The checks run in Redis' order: a slot without an owner, keys in several slots, the state of
 * the cluster, a migrating slot, reads at a replica, another owner.
 */
public final class Routing {
  /** The slot of a request without keys. */
  public static final int NO_SLOT = -1;

  private static final String UNBOUND = "CLUSTERDOWN Hash slot not served";

  /** The error of any request while the cluster is down. */
  public static final String DOWN = "CLUSTERDOWN The cluster is down";

  /** The error of a write while only reads are served. */
  public static final String ONLY_READS =
      "CLUSTERDOWN The cluster is down and only accepts read commands";

  private static final String CROSS_SLOT = "CROSSSLOT Keys in request don't hash to the same slot";

  private static final String TRY_AGAIN = "TRYAGAIN Multiple keys request during rehashing of slot";

  /**
   * The kind of a request.
   *
   * @param writes true if it may change keys
   * @param shardedChannels true if its keys are names of sharded channels
   * @param migrates true for MIGRATE, which runs on either node of an open slot
   * @param asking true after ASKING, which admits a slot that is being imported
   * @param readOnly true if the client has sent READONLY
   * @param tls true if the client uses TLS
   */
  public record Kind(
      boolean writes,
      boolean shardedChannels,
      boolean migrates,
      boolean asking,
      boolean readOnly,
      boolean tls) {}

  private final Supplier<Cluster> cluster;
  private final RoutingOptions options;
  private int slot;
  private int keys;
  private int missing;
  private boolean crosses;
  private @Nullable Node owner;
  private @Nullable Node target;
  private boolean importing;
  private boolean crossesDatabases;

  /**
   * Creates the routing of a node.
   *
   * @param cluster returns the node's state machine; not called before the first request
   */
  public Routing(Supplier<Cluster> cluster, RoutingOptions options) {
    this.cluster = cluster;
    this.options = options;
  }

  /** Starts a request, without keys so far. */
  public void begin() {
    slot = NO_SLOT;
    keys = 0;
    missing = 0;
    crosses = false;
    owner = null;
    target = null;
    importing = false;
    crossesDatabases = false;
  }

  /**
   * Adds a key by its slot. Returns true if the caller must look the key up and call {@link
   * #missing} if it does not exist.
   */
  public boolean key(int keySlot) {
    if (slot == NO_SLOT) {
      slot = keySlot;
      Cluster known = cluster.get();
      owner = known.owner(slot);
      target = owner == known.me() ? known.migratingTo(slot) : null;
      importing = target == null && known.importingFrom(slot) != null;
    }
    crosses |= keySlot != slot;
    keys++;
    return !crosses && (target != null || importing);
  }

  /** Reports that the last added key does not exist. */
  public void missing() {
    missing++;
  }

  /**
   * Reports that a command also uses a key of another database, which is not looked up, so that it
   * is not known on which node that key is while the slot migrates.
   */
  public void crossesDatabases() {
    crossesDatabases = true;
  }

  /** Returns the slot of the first key, {@link #NO_SLOT} if there is none. */
  public int slot() {
    return slot;
  }

  /** Returns true if this node executes the request regardless of its kind: the fast path. */
  public boolean isPlain() {
    if (keys == 0) {
      return true;
    }
    Cluster known = cluster.get();
    return owner == known.me() && target == null && !importing && !crosses && known.isServing();
  }

  /**
   * Returns the error for a client blocked on its keys, or null if it may keep waiting. Clients of
   * a slot that is being imported stay.
   */
  public @Nullable String refusalOfWaiting(Kind kind) {
    if (keys == 0) {
      return null;
    }
    Cluster known = cluster.get();
    if (!known.isServing()) {
      return DOWN;
    }
    if (owner == known.me() || importing || readsHere(known, kind)) {
      return null;
    }
    return owner == null ? UNBOUND : redirection("MOVED", owner, kind.tls());
  }

  private boolean readsHere(Cluster known, Kind kind) {
    Node me = known.me();
    return kind.readOnly() && !kind.writes() && me.isReplica() && me.master() == owner;
  }

  /** Returns the error for the client, null if this node executes the request. */
  public @Nullable String refusal(Kind kind) {
    if (keys == 0) {
      return null;
    }
    if (owner == null) {
      return UNBOUND;
    }
    if (crosses) {
      return CROSS_SLOT;
    }
    Cluster known = cluster.get();
    if (!known.isServing()) {
      String down = refusalWhileDown(kind);
      if (down != null) {
        return down;
      }
    }
    boolean open = target != null || importing;
    if (open && kind.migrates()) {
      return null;
    }
    if (crossesDatabases && (target != null || (importing && kind.asking()))) {
      return TRY_AGAIN;
    }
    if (target != null && missing > 0) {
      return missing < keys ? TRY_AGAIN : redirection("ASK", target, kind.tls());
    }
    if (importing && kind.asking()) {
      return keys > 1 && missing > 0 ? TRY_AGAIN : null;
    }
    return owner == known.me() || readsHere(known, kind)
        ? null
        : redirection("MOVED", owner, kind.tls());
  }

  private @Nullable String refusalWhileDown(Kind kind) {
    if (kind.shardedChannels()) {
      return options.allowsShardedChannelsWhenDown() ? null : DOWN;
    }
    if (!options.allowsReadsWhenDown()) {
      return DOWN;
    }
    return kind.writes() ? ONLY_READS : null;
  }

  private String redirection(String code, Node node, boolean tls) {
    return code + " " + slot + " " + options.shown(node) + ":" + options.port(node, tls);
  }
}
