using System.Runtime.CompilerServices;

[assembly: InternalsVisibleTo("Rallypoint.Tests")]
[assembly: InternalsVisibleTo("Rallypoint.MonoTests")]
