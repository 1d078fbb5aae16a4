package io.redoubt.protocol.launch;

import io.redoubt.protocol.config.Directives;
import io.redoubt.protocol.config.TlsDirectives;
import io.redoubt.protocol.config.TlsDirectives.AuthClients;
import io.redoubt.protocol.config.directive.BindAddress;
import io.redoubt.protocol.http.Json;
import java.util.List;
import java.util.Set;

/**
 * The options with which redis-cli reaches this process, for command lines that users copy from the
 * page. Paths are local to this machine.
 */
public final class ShellOptions {
  private static final Set<String> ALL = Set.of("*", "::*", "0.0.0.0", "::");

  private final Directives directives;

  /** Creates options by the directives, which are read each time. */
  public ShellOptions(Directives directives) {
    this.directives = directives;
  }

  /**
   * Writes the options as the member {@code shell}: the hosts (none if any address of the machine
   * will do), the port, and further options.
   *
   * @param announcedHost the announced host, empty for none
   * @param plainPort the port without TLS, 0 for none
   */
  public void write(Json json, String announcedHost, int plainPort) {
    int tlsPort = directives.tls.tlsPort.value();
    json.object("shell").array("hosts");
    if (!announcedHost.isEmpty()) {
      json.element(announcedHost);
    } else {
      hosts().forEach(json::element);
    }
    json.endArray().member("port", plainPort == 0 ? tlsPort : plainPort).array("options");
    if (plainPort == 0 && tlsPort != 0) {
      tls(json);
    } else if (plainPort == 0) {
      json.element("-s").element(directives.common.unixsocket.value());
    }
    json.endArray().endObject();
  }

  private List<String> hosts() {
    List<String> hosts = directives.common.bind.value().stream().map(BindAddress::host).toList();
    return hosts.stream().anyMatch(ALL::contains) ? List.of() : hosts;
  }

  private void tls(Json json) {
    TlsDirectives tls = directives.tls;
    json.element("--tls");
    option(json, "--cacert", tls.tlsCaCertFile.value());
    option(json, "--cacertdir", tls.tlsCaCertDir.value());
    if (tls.tlsAuthClients.value() == AuthClients.YES) { // the certificate shown to other nodes
      boolean isOfClient = !tls.tlsClientCertFile.value().isEmpty();
      option(json, "--cert", (isOfClient ? tls.tlsClientCertFile : tls.tlsCertFile).value());
      option(json, "--key", (isOfClient ? tls.tlsClientKeyFile : tls.tlsKeyFile).value());
    }
  }

  private static void option(Json json, String name, String value) {
    if (!value.isEmpty()) {
      json.element(name).element(value);
    }
  }
}
