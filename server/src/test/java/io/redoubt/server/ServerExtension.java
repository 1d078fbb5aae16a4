package io.redoubt.server;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.extension.AfterAllCallback;
import org.junit.jupiter.api.extension.AfterEachCallback;
import org.junit.jupiter.api.extension.BeforeAllCallback;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.ParameterContext;
import org.junit.jupiter.api.extension.ParameterResolver;

/**
 * Gives each class of {@link ServerTest} a server, and each test an empty server and connections.
 * An instance belongs to one test class, whose tests run one after another.
 */
final class ServerExtension
    implements BeforeAllCallback, AfterAllCallback, AfterEachCallback, ParameterResolver {
  private final List<Dialogue> dialogues = new ArrayList<>();
  private @Nullable RedisServer server;

  @Override
  public void beforeAll(ExtensionContext context) throws Exception {
    ServerTest annotation = context.getRequiredTestClass().getAnnotation(ServerTest.class);
    server = TestServers.start(annotation.value());
  }

  @Override
  public void afterEach(ExtensionContext context) {
    dialogues.forEach(Dialogue::close);
    dialogues.clear();
    try (Dialogue fresh = new Dialogue(server().port())) {
      fresh.ask("FLUSHALL");
    }
  }

  @Override
  public void afterAll(ExtensionContext context) {
    server().close();
  }

  @Override
  public boolean supportsParameter(ParameterContext parameter, ExtensionContext context) {
    Class<?> type = parameter.getParameter().getType();
    return type == Dialogue.class || type == RedisServer.class;
  }

  @Override
  public Object resolveParameter(ParameterContext parameter, ExtensionContext context) {
    if (parameter.getParameter().getType() == RedisServer.class) {
      return server();
    }
    Dialogue dialogue = new Dialogue(server().port());
    dialogues.add(dialogue);
    return dialogue;
  }

  private RedisServer server() {
    if (server == null) {
      throw new IllegalStateException("not started");
    }
    return server;
  }
}
