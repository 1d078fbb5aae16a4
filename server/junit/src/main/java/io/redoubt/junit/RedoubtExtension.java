package io.redoubt.junit;

import io.redoubt.embedded.ClusterBuilder;
import io.redoubt.embedded.EmbeddedCluster;
import io.redoubt.embedded.EmbeddedGroup;
import io.redoubt.embedded.EmbeddedServer;
import io.redoubt.embedded.GroupBuilder;
import io.redoubt.embedded.Redoubt;
import io.redoubt.embedded.ServerBuilder;
import java.lang.reflect.AnnotatedElement;
import java.net.InetSocketAddress;
import java.net.URI;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.extension.AfterTestExecutionCallback;
import org.junit.jupiter.api.extension.BeforeEachCallback;
import org.junit.jupiter.api.extension.ExtensionConfigurationException;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.ExtensionContext.Namespace;
import org.junit.jupiter.api.extension.ExtensionContext.Store;
import org.junit.jupiter.api.extension.ParameterContext;
import org.junit.jupiter.api.extension.ParameterResolutionException;
import org.junit.jupiter.api.extension.ParameterResolver;
import org.junit.jupiter.api.parallel.ExecutionMode;
import org.junit.platform.commons.support.AnnotationSupport;

/**
 * The JUnit extension behind {@link RedoubtTest} and {@link RedoubtServers}. It has no state: JUnit
 * keeps the started servers with their class or method, and closes them with it.
 */
public final class RedoubtExtension
    implements BeforeEachCallback, AfterTestExecutionCallback, ParameterResolver {
  private static final Namespace NAMESPACE = Namespace.create(RedoubtExtension.class);

  private static final Set<Class<?>> TYPES =
      Set.of(
          InetSocketAddress.class,
          URI.class,
          EmbeddedServer.class,
          EmbeddedGroup.class,
          EmbeddedCluster.class);

  /** The place of a fixture and its description. */
  private record Scope(ExtensionContext keeper, Optional<RedoubtServers> description) {
    Fixture fixture() {
      Store store = keeper.getStore(NAMESPACE);
      // A store also finds entries of its ancestors under the same key.
      return store.computeIfAbsent(keeper.getUniqueId(), id -> started(), Fixture.class);
    }

    private Fixture started() {
      String[] lines = description.map(RedoubtServers::config).orElse(new String[0]);
      int replicas = description.map(RedoubtServers::replicas).orElse(0);
      int sentinels = description.map(RedoubtServers::sentinels).orElse(0);
      int masters = description.map(RedoubtServers::masters).orElse(0);
      if (masters > 0) {
        return cluster(masters, replicas, sentinels, lines);
      }
      if (replicas == 0 && sentinels == 0) {
        ServerBuilder server = Redoubt.server();
        for (String line : lines) {
          server.line(line);
        }
        return new ServerFixture(server);
      }
      GroupBuilder group = Redoubt.group().replicas(replicas).sentinels(sentinels);
      for (String line : lines) {
        group.line(line);
      }
      return new GroupFixture(group.start());
    }

    private static Fixture cluster(int masters, int replicas, int sentinels, String[] lines) {
      if (sentinels > 0) {
        throw new ExtensionConfigurationException("a cluster has no sentinels");
      }
      ClusterBuilder cluster = Redoubt.cluster().masters(masters).replicasPerMaster(replicas);
      for (String line : lines) {
        cluster.line(line);
      }
      return new ClusterFixture(cluster.start());
    }
  }

  /** Creates the extension. */
  public RedoubtExtension() {}

  @Override
  public void beforeEach(ExtensionContext context) {
    Scope scope = scope(context);
    if (scope.keeper().getUniqueId().equals(context.getUniqueId())) {
      scope.fixture();
    } else {
      scope.fixture().reset();
    }
  }

  @Override
  public void afterTestExecution(ExtensionContext context) {
    if (context.getExecutionException().isPresent()) {
      System.err.println(
          context.getDisplayName() + " failed\n" + scope(context).fixture().report());
    }
  }

  @Override
  public boolean supportsParameter(ParameterContext parameter, ExtensionContext context) {
    return TYPES.contains(parameter.getParameter().getType());
  }

  @Override
  public Object resolveParameter(ParameterContext parameter, ExtensionContext context) {
    Class<?> type = parameter.getParameter().getType();
    Fixture fixture = scope(context).fixture();
    if (type == InetSocketAddress.class) {
      return fixture.address();
    }
    if (type == URI.class) {
      return fixture.uri();
    }
    Object subject = fixture.subject();
    if (!type.isInstance(subject)) {
      throw new ParameterResolutionException(
          String.format(
              Locale.ROOT,
              "a %s is started here, not a %s",
              subject.getClass().getSimpleName(),
              type.getSimpleName()));
    }
    return subject;
  }

  /**
   * Finds the description that applies to a context: the method's own, otherwise that of the
   * innermost described class, otherwise that of the outermost class with the extension.
   */
  private static Scope scope(ExtensionContext context) {
    Optional<RedoubtServers> ofMethod =
        context.getTestMethod().flatMap(RedoubtExtension::description);
    if (ofMethod.isPresent()) {
      return new Scope(context, ofMethod);
    }
    ExtensionContext keeper = keeper(context);
    Optional<RedoubtServers> ofClass = keeper.getTestClass().flatMap(RedoubtExtension::description);
    boolean own =
        ofClass.map(RedoubtServers::perMethod).orElse(false)
            || context.getExecutionMode() == ExecutionMode.CONCURRENT;
    if (context.getTestMethod().isPresent() && own) {
      return new Scope(context, ofClass);
    }
    if (ofClass.map(RedoubtServers::perMethod).orElse(false)) {
      throw new ParameterResolutionException(
          "with perMethod = true only methods of single tests can have parameters");
    }
    return new Scope(keeper, ofClass);
  }

  private static ExtensionContext keeper(ExtensionContext context) {
    ExtensionContext outermost = context;
    for (ExtensionContext at = context; ; at = at.getParent().orElseThrow()) {
      if (at.getTestMethod().isEmpty() && at.getTestClass().isPresent()) {
        Class<?> type = at.getTestClass().get();
        if (description(type).isPresent()) {
          return at;
        }
        if (AnnotationSupport.isAnnotated(type, RedoubtTest.class)) {
          outermost = at;
        }
      }
      if (at.getParent().isEmpty()) {
        return outermost;
      }
    }
  }

  private static Optional<RedoubtServers> description(AnnotatedElement element) {
    return AnnotationSupport.findAnnotation(element, RedoubtServers.class);
  }
}
