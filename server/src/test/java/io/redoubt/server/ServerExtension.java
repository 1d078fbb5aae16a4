package io.redoubt.server;

import org.junit.jupiter.api.extension.AfterAllCallback;
import org.junit.jupiter.api.extension.AfterEachCallback;
import org.junit.jupiter.api.extension.BeforeAllCallback;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.ParameterContext;
import org.junit.jupiter.api.extension.ParameterResolver;

/** Gives each class of {@link ServerTest} a server, and each test an empty one and a connection. */
final class ServerExtension
    implements BeforeAllCallback, AfterAllCallback, AfterEachCallback, ParameterResolver {
  private static final ExtensionContext.Namespace OURS =
      ExtensionContext.Namespace.create(ServerExtension.class);

  @Override
  public void beforeAll(ExtensionContext context) throws Exception {
    ServerTest annotation = context.getRequiredTestClass().getAnnotation(ServerTest.class);
    context.getStore(OURS).put("server", TestServers.start(annotation.value()));
  }

  @Override
  public void afterEach(ExtensionContext context) {
    context.getStore(OURS).remove("dialogue", Dialogue.class).close();
    try (Dialogue fresh = new Dialogue(server(context).port())) {
      fresh.ask("FLUSHALL");
    }
  }

  @Override
  public void afterAll(ExtensionContext context) {
    server(context).close();
  }

  @Override
  public boolean supportsParameter(ParameterContext parameter, ExtensionContext context) {
    Class<?> type = parameter.getParameter().getType();
    return type == Dialogue.class || type == RedisServer.class;
  }

  @Override
  public Object resolveParameter(ParameterContext parameter, ExtensionContext context) {
    if (parameter.getParameter().getType() == RedisServer.class) {
      return server(context);
    }
    return context
        .getStore(OURS)
        .getOrComputeIfAbsent(
            "dialogue", key -> new Dialogue(server(context).port()), Dialogue.class);
  }

  private static RedisServer server(ExtensionContext context) {
    return context.getStore(OURS).get("server", RedisServer.class);
  }
}
