using System;

namespace Rallypoint.Native
{
    /// <summary>Unity's linker knows this attribute by its name and strips nothing that has it.</summary>
    [AttributeUsage(AttributeTargets.Class | AttributeTargets.Struct)]
    internal sealed class PreserveAttribute : Attribute
    {
    }
}
