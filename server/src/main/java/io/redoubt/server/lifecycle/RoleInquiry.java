package io.redoubt.server.lifecycle;

import io.redoubt.protocol.resp.Reply;
import io.redoubt.protocol.resp.RespClient;
import io.redoubt.server.settings.HostPort;
import java.io.IOException;
import java.net.InetAddress;
import java.net.NetworkInterface;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.function.Predicate;
import javax.net.SocketFactory;
import org.jspecify.annotations.Nullable;

/**
 * Asks one sentinel for the role of this server, over a separate connection. Blocks, so it must not
 * be called on the event loop.
 */
final class RoleInquiry {
  private static final int TIMEOUT_MILLIS = 500;

  /**
   * The credentials for sentinels that require a password.
   *
   * @param user empty for none
   * @param password empty for none, which skips the authentication
   * @param sockets creates the connections
   */
  record Credentials(String user, String password, SocketFactory sockets) {}

  /**
   * The answer of a sentinel.
   *
   * @param master null if this server is the master, otherwise the master to follow
   * @param epoch the config epoch of the master; the greatest of several sentinels' is the newest
   * @param isSettled false while the sentinel considers the master down or fails it over
   */
  record Verdict(@Nullable HostPort master, long epoch, boolean isSettled) {}

  private RoleInquiry() {}

  /**
   * Asks one sentinel; returns null if it does not answer or does not know the server.
   *
   * @param refused called with the error if the sentinel refuses a request
   * @param self tests whether an address is the server's own
   */
  static @Nullable Verdict ask(
      HostPort sentinel,
      Credentials credentials,
      Predicate<HostPort> self,
      Consumer<String> refused) {
    try (RespClient client =
        RespClient.connect(
            sentinel.host(), sentinel.port(), TIMEOUT_MILLIS, credentials.sockets())) {
      if (!credentials.password().isEmpty()) {
        greet(client, credentials);
      }
      Reply masters = client.call("SENTINEL", "MASTERS");
      if (masters.isError()) {
        refused.accept(masters.text());
        return null;
      }
      for (Reply each : masters.elements()) {
        Map<String, String> master = fields(each);
        HostPort place = place(master);
        String flags = master.getOrDefault("flags", "");
        boolean settled =
            !flags.contains("s_down") && !flags.contains("o_down") && !flags.contains("failover");
        long epoch = number(master, "config-epoch");
        if (self.test(place)) {
          return new Verdict(null, epoch, settled);
        }
        Reply replicas = client.call("SENTINEL", "REPLICAS", master.getOrDefault("name", ""));
        if (!replicas.isError()
            && replicas.elements().stream().anyMatch(it -> self.test(place(fields(it))))) {
          return new Verdict(place, epoch, settled);
        }
      }
    } catch (IOException | NumberFormatException e) {
      // Equivalent to no answer.
    }
    return null;
  }

  /** Authenticates. Ignores errors, since a sentinel without a password replies with one. */
  private static void greet(RespClient client, Credentials credentials) throws IOException {
    if (credentials.user().isEmpty()) {
      client.call("AUTH", credentials.password());
    } else {
      client.call("AUTH", credentials.user(), credentials.password());
    }
  }

  private static Map<String, String> fields(Reply reply) {
    List<Reply> words = new ArrayList<>(reply.elements());
    Map<String, String> fields = new HashMap<>();
    for (int i = 0; i + 1 < words.size(); i += 2) {
      fields.put(words.get(i).text(), words.get(i + 1).text());
    }
    return fields;
  }

  private static HostPort place(Map<String, String> fields) {
    return new HostPort(fields.getOrDefault("ip", ""), (int) number(fields, "port"));
  }

  private static long number(Map<String, String> fields, String name) {
    return Long.parseLong(fields.getOrDefault(name, "0"));
  }

  /** Returns true if a host is this machine. May resolve the name. */
  static boolean isHere(String host) {
    try {
      InetAddress address = InetAddress.getByName(host);
      return address.isLoopbackAddress() || NetworkInterface.getByInetAddress(address) != null;
    } catch (IOException e) {
      return false;
    }
  }
}
