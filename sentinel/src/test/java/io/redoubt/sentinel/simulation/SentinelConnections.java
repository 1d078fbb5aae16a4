package io.redoubt.sentinel.simulation;

import io.redoubt.protocol.ProcessNetwork;
import io.redoubt.sentinel.core.Link;
import io.redoubt.sentinel.core.NodeRequest;
import io.redoubt.sentinel.message.Address;
import io.redoubt.sentinel.message.Answer;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** All connections opened by sentinels; closed ones are removed from time to time. */
final class SentinelConnections {
  private final List<Connection> all = new ArrayList<>();

  void add(Connection connection) {
    all.removeIf(each -> !each.open);
    all.add(connection);
  }

  /** Returns the connections to an address in the order of their creation. */
  List<Connection> to(Address target) {
    return all.stream().filter(each -> each.open && each.target.equals(target)).toList();
  }

  List<Connection> open() {
    return all.stream().filter(each -> each.open).toList();
  }

  /** A connection of a sentinel to another process. */
  static final class Connection {
    static final Answer REFUSAL = new Answer.Failure("NOAUTH Authentication required.");

    final SimulatedSentinel owner;
    final int incarnation;
    final int link;
    final Link.Kind kind;
    final Address target;
    final ProcessNetwork.Pipe there;
    final ProcessNetwork.Pipe back;
    boolean open;
    private boolean authenticated;

    Connection(
        ProcessNetwork network, SimulatedSentinel owner, int link, Link.Kind kind, Address target) {
      this.owner = owner;
      this.incarnation = owner.incarnation();
      this.link = link;
      this.kind = kind;
      this.target = target;
      this.there = network.new Pipe(owner.address().toString(), target.toString());
      this.back = network.new Pipe(target.toString(), owner.address().toString());
    }

    /**
     * Returns true if the peer, given its required password or none, replies with {@link #REFUSAL}.
     */
    boolean isRefused(@Nullable String password, NodeRequest request) {
      if (password == null) {
        return false;
      }
      authenticated |= request.commands().getFirst().equals(List.of("AUTH", password));
      return !authenticated;
    }

    /** Closes the owner's end. */
    void close() {
      open = false;
      there.close();
      back.close();
    }

    /** Closes the peer's end; the owner learns of it once the link permits. */
    void closeByTarget() {
      if (open) {
        open = false;
        there.close();
        back.put(() -> {
          back.close();
          owner.onClosed(this);
        });
      }
    }
  }
}
