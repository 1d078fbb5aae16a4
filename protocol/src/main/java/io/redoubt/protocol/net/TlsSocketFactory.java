package io.redoubt.protocol.net;

import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.SSLSocketFactory;

/**
 * Sockets with the protocol versions and cipher suites of a configuration; those of the JDK's own
 * factory have all that it supports.
 */
final class TlsSocketFactory extends SSLSocketFactory {
  private final SSLSocketFactory sockets;
  private final SSLParameters parameters;

  TlsSocketFactory(SSLSocketFactory sockets, SSLParameters parameters) {
    this.sockets = sockets;
    this.parameters = parameters;
  }

  private Socket configured(Socket socket) {
    ((SSLSocket) socket).setSSLParameters(parameters);
    return socket;
  }

  @Override
  public String[] getDefaultCipherSuites() {
    return parameters.getCipherSuites();
  }

  @Override
  public String[] getSupportedCipherSuites() {
    return sockets.getSupportedCipherSuites();
  }

  @Override
  public Socket createSocket() throws IOException {
    return configured(sockets.createSocket());
  }

  @Override
  public Socket createSocket(Socket plain, String host, int port, boolean closesPlain)
      throws IOException {
    return configured(sockets.createSocket(plain, host, port, closesPlain));
  }

  @Override
  public Socket createSocket(String host, int port) throws IOException {
    return configured(sockets.createSocket(host, port));
  }

  @Override
  public Socket createSocket(String host, int port, InetAddress local, int localPort)
      throws IOException {
    return configured(sockets.createSocket(host, port, local, localPort));
  }

  @Override
  public Socket createSocket(InetAddress host, int port) throws IOException {
    return configured(sockets.createSocket(host, port));
  }

  @Override
  public Socket createSocket(InetAddress host, int port, InetAddress local, int localPort)
      throws IOException {
    return configured(sockets.createSocket(host, port, local, localPort));
  }
}
